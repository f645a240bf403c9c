package bundle_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tinycheck/internal/bundle"
)

// need skips when a program of Debian is missing; scripts/packages installs them.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("missing: %s", p)
		}
	}
}

// run starts a program in a folder and gives what it says.
func run(t *testing.T, dir, input, name string, args ...string) (string, error) {
	t.Helper()
	c := exec.Command(name, args...)
	c.Dir, c.Stdin = dir, strings.NewReader(input)
	c.Env = append(os.Environ(), "HOME="+dir, "LC_ALL=C")
	out, err := c.CombinedOutput()
	return string(out), err
}

func must(t *testing.T, dir, input, name string, args ...string) string {
	t.Helper()
	out, err := run(t, dir, input, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

func put(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Somebody who does not trust us unpacks and checks with the programs of Debian.
func TestDebianChecksWhatWeWrite(t *testing.T) {
	need(t, "minisign", "tar", "zstd", "sha256sum")
	dir := t.TempDir()
	public, _ := keys(t, "a")
	packed := good(t)
	put(t, dir, "bundle", packed)
	put(t, dir, "key", []byte(public.Text()))
	listed := must(t, dir, "", "tar", "-tf", "bundle")
	if listed != "index.json\nindex.json.minisig\ncontext.ndjson.zst\nfeeds.json\nfeeds/stalkerware.ndjson.zst\nrules/stalkerware-2.rules.zst\n" {
		t.Errorf("tar lists\n%s", listed)
	}
	must(t, dir, "", "tar", "-xf", "bundle")
	said := must(t, dir, "", "minisign", "-Vm", "index.json", "-p", "key")
	if !strings.Contains(said, "Signature and comment signature verified") || !strings.Contains(said, "tinycheck-bundle name:coalition version:2026112201") {
		t.Errorf("minisign says %s", said)
	}
	must(t, dir, "", "minisign", "-VHm", "index.json", "-P", public.String())
	b := mustRead(t, packed)
	for _, p := range b.Parts {
		if sum := must(t, dir, "", "sha256sum", p.Name); !strings.HasPrefix(sum, p.SHA256+" ") {
			t.Errorf("%s: %s, not %s", p.Name, sum, p.SHA256)
		}
		text := string(get(t, dir, p.Name))
		if strings.HasSuffix(p.Name, ".zst") {
			text = must(t, dir, text, "zstd", "-dc")
		}
		if text != all(t, b)[p.Name] {
			t.Errorf("%s: %q", p.Name, text)
		}
	}
	put(t, dir, "index.json", append(get(t, dir, "index.json"), ' '))
	if said, err := run(t, dir, "", "minisign", "-Vm", "index.json", "-p", "key"); err == nil {
		t.Errorf("minisign takes a changed index: %s", said)
	}
}

// Somebody else signs with minisign, where the key is, and packs with tar.
func TestDebianSignsWhatWeRead(t *testing.T) {
	need(t, "minisign", "tar")
	dir := t.TempDir()
	must(t, dir, "", "minisign", "-GW", "-p", "key", "-s", "secret")
	public, err := bundle.ParsePublicKey(string(get(t, dir, "key")))
	if err != nil {
		t.Fatal(err)
	}
	c := check(t)
	c.Keys = []bundle.PublicKey{public}
	for name, more := range map[string][]string{"hashed": nil, "legacy": {"-l"}, "comment": {"-c", "by hand"}} {
		sign := func(index []byte, comment string) ([]byte, error) {
			put(t, dir, "index.json", index)
			args := append([]string{"-S", "-s", "secret", "-m", "index.json"}, more...)
			if name == "hashed" {
				args = append(args, "-t", comment)
			}
			must(t, dir, "", "minisign", args...)
			return get(t, dir, "index.json.minisig"), nil
		}
		packed := write(t, about(), contents(), sign)
		b, err := read(packed, c)
		if err != nil || !b.Key.Equal(public) {
			t.Fatalf("%s: %v", name, err)
		}
		put(t, dir, "bundle", packed)
		must(t, dir, "", "tar", "-xf", "bundle")
		for _, format := range []string{"ustar", "gnu"} {
			args := []string{"--format=" + format, "-cf", "again", "index.json", "index.json.minisig"}
			for _, p := range b.Parts {
				args = append(args, p.Name)
			}
			must(t, dir, "", "tar", args...)
			again, err := read(get(t, dir, "again"), c)
			if err != nil || again.SHA256 != b.SHA256 {
				t.Errorf("%s, packed by tar as %s: %v", name, format, err)
			}
		}
	}
}

// What we encrypt, minisign decrypts.
func TestDebianOpensOurKeys(t *testing.T) {
	need(t, "minisign")
	t.Parallel()
	dir := t.TempDir()
	_, private := keys(t, "a")
	text, err := private.Text("correct horse")
	if err != nil || !bundle.Encrypted(text) {
		t.Fatalf("%q, %v", text, err)
	}
	put(t, dir, "secret", []byte(text))
	must(t, dir, "correct horse\n", "minisign", "-R", "-s", "secret", "-p", "key")
	if made := string(get(t, dir, "key")); made != private.Public().Text() {
		t.Errorf("minisign makes the public key\n%sours is\n%s", made, private.Public().Text())
	}
}
