package match_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"tinycheck/internal/match"
)

// mapped maps a file of an index, read-only.
func mapped(t testing.TB, flat []byte) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "index")
	if err := os.WriteFile(path, flat, 0o600); err != nil {
		t.Fatal(err)
	}
	return mapFile(t, path, len(flat))
}

func mapFile(t testing.TB, path string, size int) []byte {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// No look-up writes, and nothing that was copied out needs the mapping.
func TestReadOnlyMapping(t *testing.T) {
	list := mixed(500)
	m := mapped(t, flat(t, list, ordinary(50)))
	x := reopen(t, m)
	ask(t, x, "www.host1.example1.com")
	one := lookup(x, list[0].Observable).At(0)
	if err := syscall.Munmap(m); err != nil {
		t.Fatal(err)
	}
	if one.Observable != list[0].Observable || one.Family == "" {
		t.Errorf("got %v", one)
	}
}

func BenchmarkOpenMapped(b *testing.B) {
	path := filepath.Join(b.TempDir(), "index")
	if err := os.WriteFile(path, built(), 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		m := mapFile(b, path, len(built()))
		if _, err := match.Open(m); err != nil {
			b.Fatal(err)
		}
		if err := syscall.Munmap(m); err != nil {
			b.Fatal(err)
		}
	}
}
