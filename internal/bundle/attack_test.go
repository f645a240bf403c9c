package bundle_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"tinycheck"
	"tinycheck/internal/bundle"
)

// What somebody can do to a bundle on its way who has no key. Members of good():
// 0 index, 1 signature, 2 context, 3 feeds.json, 4 indicators, 5 rules.
func TestAttacksOnTheArchive(t *testing.T) {
	with := func(change func([]file) []file) func(*testing.T) []byte {
		return func(t *testing.T) []byte { return archive(t, change(members(t, good(t)))) }
	}
	// header changes the header of a member and makes its checksum right again.
	header := func(which int, change func(h []byte)) func(*testing.T) []byte {
		return func(t *testing.T) []byte {
			packed := good(t)
			offset := 0
			for _, m := range members(t, packed)[:which] {
				offset += 512 + (len(m.data)+511)/512*512
			}
			change(packed[offset : offset+512])
			checksum(packed[offset : offset+512])
			return packed
		}
	}
	foreign := func(typeflag byte) func(*testing.T) []byte {
		return with(func(m []file) []file {
			return slices.Insert(m, 2, file{Header: tar.Header{Typeflag: typeflag, Name: "feeds", Linkname: "/etc/passwd", Format: tar.FormatUSTAR}})
		})
	}
	for name, c := range map[string]struct {
		file  func(*testing.T) []byte
		words string
	}{
		"nothing":             {func(*testing.T) []byte { return nil }, "the file is cut: it ends at byte 0"},
		"a web page":          {func(*testing.T) []byte { return []byte(strings.Repeat("<html>", 1000)) }, "header at byte 0: this is no tar"},
		"an empty archive":    {with(func(m []file) []file { return nil }), "index.json is missing"},
		"index alone":         {with(func(m []file) []file { return m[:1] }), "index.json.minisig is missing"},
		"no signature":        {with(func(m []file) []file { return slices.Delete(m, 1, 2) }), `"context.ndjson.zst" stands where index.json.minisig should`},
		"signature first":     {with(func(m []file) []file { return slices.Insert(slices.Delete(m, 0, 1), 1, m[0]) }), `"index.json.minisig" stands where index.json should`},
		"empty signature":     {with(func(m []file) []file { m[1].data = nil; return m }), "index.json.minisig: invalid signature"},
		"signature of others": {with(func(m []file) []file { m[1].data = other(t, m[0].data); return m }), "signed by another key (id "},
		"key id forged":       {with(func(m []file) []file { m[1].data = renamed(t, other(t, m[0].data)); return m }), "does not fit index.json"},
		"index changed": {with(func(m []file) []file {
			m[0].data = bytes.Replace(m[0].data, []byte("2026-12"), []byte("2029-12"), 1)
			return m
		}), "does not fit index.json"},
		"version raised": {with(func(m []file) []file {
			m[0].data = bytes.Replace(m[0].data, []byte("2026112201"), []byte("2026112202"), 1)
			return m
		}), "does not fit index.json"},
		"old under a new name": {with(func(m []file) []file {
			m[0].data = bytes.Replace(m[0].data, []byte("coalition"), []byte("coalisson"), 1)
			return m
		}), "does not fit index.json"},
		"comment changed": {with(func(m []file) []file {
			m[1].data = bytes.Replace(m[1].data, []byte("01\n"), []byte("02\n"), 1)
			return m
		}), "does not fit index.json"},
		"space in the index": {with(func(m []file) []file { m[0].data = append(m[0].data, '\n'); return m }), "does not fit index.json"},
		"long index":         {with(func(m []file) []file { m[0].data = make([]byte, 1<<20+1); return m }), "index.json has 1048577 bytes, at most 1048576"},
		"long signature":     {with(func(m []file) []file { m[1].data = make([]byte, 16<<10+1); return m }), "index.json.minisig has 16385 bytes, at most 16384"},
		"part changed":       {with(func(m []file) []file { m[3].data[5] ^= 1; return m }), "feeds.json was changed: its SHA-256 is not that of the signed index"},
		"part longer":        {with(func(m []file) []file { m[3].data = append(m[3].data, ' '); return m }), "feeds.json has 25 bytes, the signed index says 24"},
		"part shorter":       {with(func(m []file) []file { m[3].data = m[3].data[1:]; return m }), "feeds.json has 23 bytes, the signed index says 24"},
		"part missing":       {with(func(m []file) []file { return slices.Delete(m, 3, 4) }), "feeds/stalkerware.ndjson.zst stands where feeds.json should"},
		"last part missing":  {with(func(m []file) []file { return m[:5] }), "rules/stalkerware-2.rules.zst is missing"},
		"part added": {with(func(m []file) []file {
			return append(m, file{tar.Header{Name: "rules/x.rules.zst", Typeflag: '0'}, nil})
		}), `"rules/x.rules.zst" is not in the signed index`},
		"part added inside":    {with(func(m []file) []file { return slices.Insert(m, 2, file{tar.Header{Name: "../x", Typeflag: '0'}, nil}) }), `"../x" is not in the signed index`},
		"part twice":           {with(func(m []file) []file { return append(m, m[4]) }), "feeds/stalkerware.ndjson.zst is there twice"},
		"part twice in a row":  {with(func(m []file) []file { return slices.Insert(m, 3, m[2]) }), "context.ndjson.zst is there twice"},
		"index twice":          {with(func(m []file) []file { return append(m, m[0]) }), `"index.json" is not in the signed index`},
		"order changed":        {with(func(m []file) []file { m[2], m[3] = m[3], m[2]; return m }), "feeds.json stands where context.ndjson.zst should"},
		"contents swapped":     {with(func(m []file) []file { m[2].data, m[3].data = m[3].data, m[2].data; return m }), "the signed index says"},
		"right hash, new name": {with(func(m []file) []file { m[4].Name = "feeds/stalkerwear.ndjson.zst"; return m }), `"feeds/stalkerwear.ndjson.zst" is not in the signed index`},
		"capital in a name":    {with(func(m []file) []file { m[4].Name = "Feeds/stalkerware.ndjson.zst"; return m }), `"Feeds/stalkerware.ndjson.zst" is not in the signed index`},
		"dot before a name":    {with(func(m []file) []file { m[3].Name = "./feeds.json"; return m }), `"./feeds.json" is not in the signed index`},
		"folder":               {foreign(tar.TypeDir), "a folder, not a regular file"},
		"hard link":            {foreign(tar.TypeLink), "a link, not a regular file"},
		"soft link":            {foreign(tar.TypeSymlink), "a link, not a regular file"},
		"device":               {foreign(tar.TypeBlock), "a device, not a regular file"},
		"pipe":                 {foreign(tar.TypeFifo), "a device, not a regular file"},
		"PAX": {with(func(m []file) []file {
			m[3].Format, m[3].PAXRecords = tar.FormatPAX, map[string]string{"TINY.x": "y"}
			return m
		}), "a PAX header, not a regular file"},
		"PAX size": {func(t *testing.T) []byte {
			m := members(t, good(t))
			record := file{tar.Header{Typeflag: tar.TypeReg, Name: "PaxHeaders/feeds.json"}, []byte("9 size=5\n")}
			packed := archive(t, slices.Insert(m, 3, record))
			h := packed[bytes.Index(packed, []byte("PaxHeaders")):][:512]
			h[156] = 'x'
			checksum(h)
			return packed
		}, "a PAX header, not a regular file"},
		"PAX for all": {with(func(m []file) []file {
			return slices.Insert(m, 0, file{Header: tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"path": "x"}}})
		}), "a PAX header, not a regular file"},
		"long name":            {with(func(m []file) []file { m[3].Format, m[3].Name = tar.FormatGNU, strings.Repeat("x", 200); return m }), "a long name of GNU tar, not a regular file"},
		"prefix":               {with(func(m []file) []file { m[3].Name = strings.Repeat("x", 60) + "/" + strings.Repeat("y", 60); return m }), "a link, a prefix or other fields"},
		"old type":             {header(3, func(h []byte) { h[156] = 0 }), `a member of type '\x00', not a regular file`},
		"contiguous":           {header(3, func(h []byte) { h[156] = '7' }), "a member of type '7', not a regular file"},
		"sparse":               {header(3, func(h []byte) { h[156] = 'S' }), "a sparse file, not a regular file"},
		"sparse map":           {header(3, func(h []byte) { copy(h[257:], "ustar  \x00"); h[386] = '1' }), "a link, a prefix or other fields"},
		"link name":            {header(3, func(h []byte) { h[157] = 'x' }), "a link, a prefix or other fields"},
		"name behind the name": {header(3, func(h []byte) { h[99] = 'x' }), "its name has no end"},
		"no name":              {header(3, func(h []byte) { clear(h[:100]) }), "its name has no end, or nothing before it"},
		"size in base 256":     {header(3, func(h []byte) { copy(h[124:], "\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x18") }), "its size is not 11 octal digits"},
		"size with spaces":     {header(3, func(h []byte) { copy(h[124:], "         30\x00") }), "its size is not 11 octal digits"},
		"size with a letter":   {header(3, func(h []byte) { h[135] = 'k' }), "its size is not 11 octal digits"},
		"endless size":         {header(3, func(h []byte) { copy(h[124:], "77777777777\x00") }), "the file is cut"},
		"older tar":            {header(3, func(h []byte) { clear(h[257:265]) }), "this is no tar"},
		"checksum":             {func(t *testing.T) []byte { b := good(t); b[150] ^= 1; return b }, "its checksum is wrong"},
		"bytes in the padding": {func(t *testing.T) []byte { b := good(t); i := 512 + len(members(t, b)[0].data); b[i] = 1; return b }, `there are bytes behind "index.json" that belong to nothing`},
		"bytes behind the end": {func(t *testing.T) []byte { return append(good(t), append(make([]byte, 511), 1)...) }, "there are bytes behind the end that belong to nothing"},
		"a second archive":     {func(t *testing.T) []byte { return append(good(t), good(t)...) }, "there are bytes behind the end that belong to nothing"},
		"zeros without end":    {func(t *testing.T) []byte { return append(good(t), make([]byte, 20*512)...) }, "bytes behind the end"},
		"half a block":         {func(t *testing.T) []byte { return append(good(t), make([]byte, 256)...) }, "the file is cut"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := read(c.file(t), check(t))
			refused(t, err, tinycheck.Invalid, c.words)
			if b != nil {
				t.Error("a bundle came with the error")
			}
		})
	}
}

// What a key that is trusted signed, and is nonetheless not taken.
func TestSignedAndRefused(t *testing.T) {
	text := string(members(t, good(t))[0].data)
	for name, c := range map[string]struct {
		old, new string
		kind     tinycheck.ErrorKind
		words    string
	}{
		"newer format":     {`"tinycheck-bundle": 1`, `"tinycheck-bundle": 2`, tinycheck.Unsupported, "it is of format 2, and this program knows 1"},
		"no format":        {`"tinycheck-bundle": 1,`, ``, tinycheck.Invalid, "not written as this format writes it"},
		"no JSON":          {`{`, `[`, tinycheck.Invalid, "no JSON"},
		"more behind":      {"]\n}\n", "]\n}\n{}", tinycheck.Invalid, "no JSON"},
		"unknown member":   {`"name": "coalition"`, `"name": "coalition", "more": 1`, tinycheck.Invalid, `unknown field "more"`},
		"member twice":     {`"name": "coalition"`, `"name": "test", "name": "coalition"`, tinycheck.Invalid, "not written as this format writes it"},
		"member in caps":   {`"version"`, `"Version"`, tinycheck.Invalid, "not written as this format writes it"},
		"parts of seconds": {`:00Z"`, `:00.5Z"`, tinycheck.Invalid, "dates are not whole seconds"},
		"time zone":        {`:00Z"`, `:00+02:00"`, tinycheck.Invalid, "dates are not whole seconds"},
		"year 1":           {`"2026-11-22T08:30:00Z"`, `"0001-01-01T00:00:00Z"`, tinycheck.Invalid, "dates"},
		"negative version": {`2026112201`, `-1`, tinycheck.Invalid, "cannot unmarshal"},
		"version 0":        {`2026112201`, `0`, tinycheck.Invalid, "version 0"},
		"version too high": {`2026112201`, `9007199254740992`, tinycheck.Invalid, "version 9007199254740992"},
		"name":             {`"coalition"`, `"../../etc"`, tinycheck.Invalid, "is no name of a bundle"},
		"kind":             {`"kind": "rules"`, `"kind": "songs"`, tinycheck.Invalid, `no name of a part of kind "songs"`},
		"part up and out":  {`feeds/stalkerware`, `feeds/../stalkerware`, tinycheck.Invalid, "is no name of a part"},
		"part twice":       {`"feeds.json"`, `"context.ndjson.zst"`, tinycheck.Invalid, "is no name of a part"},
		"hash in caps":     {`"sha256": "`, `"sha256": "A`, tinycheck.Invalid, "no SHA-256"},
		"negative size":    {`"size": 24`, `"size": -24`, tinycheck.Invalid, "-24 bytes"},
		"size too big":     {`"size": 24`, `"size": 2147483649`, tinycheck.Invalid, "more than 2147483648"},
		"sizes overflow":   {`"size": 24`, `"size": 9223372036854775807`, tinycheck.Invalid, "more than 2147483648"},
		"entries":          {`"entries": 1`, `"entries": -1`, tinycheck.Invalid, "-1 entries"},
		"another size":     {`"size": 24`, `"size": 25`, tinycheck.Invalid, "feeds.json has 24 bytes, the signed index says 25"},
		"no parts":         {text[strings.Index(text, `"parts"`):], `"parts": []}`, tinycheck.Invalid, "it names no part"},
		"parts null":       {text[strings.Index(text, `"parts"`):], `"parts": null}`, tinycheck.Invalid, "it names no part"},
		"too many parts":   {text[strings.Index(text, `"parts"`):], `"parts": [` + strings.Repeat(`{"name":"","kind":"","sha256":"","size":0,"entries":0},`, 4096) + `{"name":"","kind":"","sha256":"","size":0,"entries":0}]}`, tinycheck.Invalid, "it names 4097 parts, at most 4096"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(text, c.old) {
				t.Fatalf("%s is not in the index", c.old)
			}
			m := members(t, good(t))
			_, err := read(archive(t, signed(t, m, strings.Replace(text, c.old, c.new, 1))), check(t))
			refused(t, err, c.kind, c.words)
		})
	}
}

// A comment of our own form has to agree; any other says nothing.
func TestCommentOfAnotherBundle(t *testing.T) {
	_, private := keys(t, "a")
	m := members(t, good(t))
	sign := func(comment string) error {
		var err error
		if m[1].data, err = private.Sign(m[0].data, comment); err != nil {
			t.Fatal(err)
		}
		_, err = read(archive(t, m), check(t))
		return err
	}
	refused(t, sign("tinycheck-bundle name:coalition version:2026112202"), tinycheck.Invalid, "the signature is for")
	if err := sign("timestamp:1795317815\tfile:index.json\thashed"); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNotWantedHereAndNow(t *testing.T) {
	public, _ := keys(t, "b")
	applied := func(version uint64) func(*bundle.Check) {
		return func(c *bundle.Check) {
			c.Applied = func(name string) (uint64, error) {
				if name != "coalition" {
					return 0, fmt.Errorf("asked for %q", name)
				}
				return version, nil
			}
		}
	}
	at := func(now time.Time) func(*bundle.Check) { return func(c *bundle.Check) { c.Now = now } }
	for name, c := range map[string]struct {
		change func(*bundle.Check)
		kind   tinycheck.ErrorKind
		words  string
	}{
		"no key":          {func(c *bundle.Check) { c.Keys = nil }, tinycheck.Invalid, "no key is trusted here yet"},
		"empty key":       {func(c *bundle.Check) { c.Keys = append(c.Keys, bundle.PublicKey{}) }, tinycheck.Invalid, "one of the trusted keys is empty"},
		"no time":         {at(time.Time{}), tinycheck.Invalid, "are not known"},
		"no memory":       {func(c *bundle.Check) { c.Applied = nil }, tinycheck.Invalid, "are not known"},
		"memory fails":    {func(c *bundle.Check) { c.Applied = func(string) (uint64, error) { return 0, tinycheck.Busy } }, tinycheck.Busy, "busy"},
		"another key":     {func(c *bundle.Check) { c.Keys = []bundle.PublicKey{public} }, tinycheck.Invalid, "signed by another key (id " + check(t).Keys[0].ID() + "), expected " + public.ID()},
		"two other keys":  {func(c *bundle.Check) { c.Keys = []bundle.PublicKey{public, public} }, tinycheck.Invalid, "expected " + public.ID() + " or " + public.ID()},
		"another name":    {func(c *bundle.Check) { c.Name = "shelter" }, tinycheck.Conflict, `it is the bundle "coalition", and "shelter" is wanted`},
		"expired":         {at(expires), tinycheck.Invalid, "it expired 2026-12-22 08:30 UTC, and here it is 2026-12-22 08:30 UTC: get a newer one"},
		"long expired":    {at(expires.AddDate(5, 0, 0)), tinycheck.Invalid, "it expired 2026-12-22 08:30 UTC, and here it is 2031-12-22 08:30 UTC: get a newer one"},
		"from the future": {at(created.Add(-24*time.Hour - time.Second)), tinycheck.Invalid, "it was made 2026-11-22 08:30 UTC, and here it is 2026-11-21 08:29 UTC: is the clock of this box right?"},
		"rollback":        {applied(2026112202), tinycheck.Conflict, `it is version 2026112201 of "coalition", and version 2026112202 was applied before`},
	} {
		t.Run(name, func(t *testing.T) {
			k := check(t)
			c.change(&k)
			b, err := read(good(t), k)
			refused(t, err, c.kind, c.words)
			if b != nil {
				t.Error("a bundle came with the error")
			}
		})
	}
	for name, c := range map[string]struct {
		change func(*bundle.Check)
		again  bool
	}{
		"the last second":   {at(expires.Add(-time.Second)), false},
		"a day too early":   {at(created.Add(-24 * time.Hour)), false},
		"newer":             {applied(2026112200), false},
		"the same again":    {applied(2026112201), true},
		"the wanted name":   {func(c *bundle.Check) { c.Name = "coalition" }, false},
		"the second of two": {func(c *bundle.Check) { c.Keys = append([]bundle.PublicKey{public}, c.Keys...) }, false},
	} {
		k := check(t)
		c.change(&k)
		if b, err := read(good(t), k); err != nil || b.Again != c.again {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
	}
}

// A part that is signed and does not unpack, or without end.
func TestBombs(t *testing.T) {
	const piece = 128 << 10 // the longest block, RFC 8878 section 3.1.1.2.4
	// bomb is a frame (section 3.1.1) with a window of 128 KiB and blocks that each repeat one byte.
	bomb := func(blocks int) []byte {
		b := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3}
		for i := range blocks {
			head := uint32(piece<<3 | 1<<1)
			if i == blocks-1 {
				head |= 1
			}
			b = append(b, byte(head), byte(head>>8), byte(head>>16), '\n')
		}
		return b
	}
	wide := zstded(t, bytes.Repeat([]byte("spy.example\n"), 2<<20), zstd.WithWindowSize(16<<20))
	most := bomb((1 << 30) / piece)
	for name, c := range map[string]struct {
		parts [][]byte
		words string
	}{
		"no zstd":          {[][]byte{[]byte("just text, and not packed")}, "feeds/f0.ndjson.zst cannot be unpacked"},
		"cut":              {[][]byte{bomb(3)[:8]}, "feeds/f0.ndjson.zst cannot be unpacked"},
		"text behind":      {[][]byte{append(bomb(3), "text"...)}, "feeds/f0.ndjson.zst cannot be unpacked"},
		"16 MiB of window": {[][]byte{wide}, "cannot be unpacked: window size exceeded"},
		"over 1 GiB":       {[][]byte{bomb(1<<30/piece + 1)}, "feeds/f0.ndjson.zst unpacks to more than 1073741824 bytes"},
		"over 4 GiB":       {[][]byte{most, most, most, most, bomb(1)}, "its parts unpack to more than 4294967296 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			if len(c.parts) > 1 && testing.Short() {
				t.Skip("unpacks 4 GiB")
			}
			_, err := read(handmade(t, c.parts), check(t))
			refused(t, err, tinycheck.Invalid, c.words)
		})
	}
	if _, err := read(handmade(t, [][]byte{bomb(100), nil, zstded(t, nil)}), check(t)); err != nil {
		t.Error(err)
	}
}

// A stick that says one thing while it is checked, and then another.
type fickle struct {
	io.ReaderAt
	from int // call from which on bytes are changed
	at   int64
	err  error
	n    int
}

func (f *fickle) ReadAt(p []byte, offset int64) (int, error) {
	n, err := f.ReaderAt.ReadAt(p, offset)
	if f.n++; f.n > f.from {
		if f.err != nil {
			return 0, f.err
		}
		if offset <= f.at && f.at < offset+int64(n) {
			p[f.at-offset] ^= 1
		}
	}
	return n, err
}

func TestWhatChangesBetweenReadAndOpen(t *testing.T) {
	packed := good(t)
	for _, p := range mustRead(t, packed).Parts {
		stick := &fickle{ReaderAt: bytes.NewReader(packed), from: 1 << 30}
		b, err := bundle.Read(stick, int64(len(packed)), check(t))
		if err != nil {
			t.Fatal(err)
		}
		start := int64(bytes.Index(packed, append([]byte(p.Name), 0))) + 512
		for at := start; at < start+p.Size; at++ {
			stick.from, stick.at = 0, at
			in, err := b.Open(p.Name)
			if err == nil {
				_, err = io.ReadAll(in)
			}
			refused(t, err, tinycheck.Invalid, p.Name)
		}
	}
}

func TestAStickThatFailsIsUnavailable(t *testing.T) {
	packed := good(t)
	for from := range 200 {
		stick := &fickle{ReaderAt: bytes.NewReader(packed), from: from, err: errors.New("input/output error")}
		b, err := bundle.Read(stick, int64(len(packed)), check(t))
		if err == nil {
			if from < 20 {
				t.Errorf("%d reads were enough", from)
			}
			_, err = b.Open("feeds.json")
			if err != nil {
				t.Error(err)
			}
			return
		}
		if errors.Is(err, tinycheck.Invalid) {
			t.Fatalf("after %d reads: the stick's failure is laid on the bundle: %v", from, err)
		}
		refused(t, err, tinycheck.Unavailable, "input/output error")
	}
	t.Error("never enough")
}

// small is a bundle of one packed and one bare part.
func small(t testing.TB) []byte {
	_, private := keys(t, "a")
	return write(t, about(), contents()[1:3], private.Sign)
}

// Every byte of a bundle, and every length.
func TestEveryByteCounts(t *testing.T) {
	packed := small(t)
	want, parts := mustRead(t, packed), all(t, mustRead(t, packed))
	m := members(t, packed)
	signature := 512 + (len(m[0].data)+511)/512*512 + 512
	taken := 0
	for i := range packed {
		// A bit that wanders, the one between letters and digits or zero and space, and all.
		for _, flip := range []byte{1 << (i % 8), 0x20, 0xff} {
			changed := bytes.Clone(packed)
			changed[i] ^= flip
			b, err := read(changed, check(t))
			if err != nil {
				continue
			}
			taken++
			// Only the untrusted comment, and bits of base64 that stand for nothing, mean nothing.
			if i < signature || i >= signature+len(m[1].data) {
				t.Errorf("byte %d does not count when %#x of it changes", i, flip)
			}
			if b.SHA256 != want.SHA256 || b.Comment != want.Comment || b.Version != want.Version || !maps.Equal(parts, all(t, b)) {
				t.Errorf("byte %d, changed by %#x, changed what was read", i, flip)
			}
		}
	}
	if taken > 3*60 {
		t.Errorf("%d changes were taken", taken)
	}
	t.Logf("%d of %d changes mean nothing", taken, 3*len(packed))
}

func TestEveryLengthCounts(t *testing.T) {
	packed := small(t)
	for n := range packed {
		if _, err := read(packed[:n], check(t)); err == nil || !errors.Is(err, tinycheck.Invalid) {
			t.Errorf("%d of %d bytes: %v", n, len(packed), err)
		}
		// The file is shorter than its length was said to be.
		if _, err := bundle.Read(bytes.NewReader(packed[:n]), int64(len(packed)), check(t)); err == nil || !errors.Is(err, tinycheck.Invalid) {
			t.Errorf("%d of %d bytes: %v", n, len(packed), err)
		}
	}
}

func mustRead(t testing.TB, packed []byte) *bundle.Bundle {
	t.Helper()
	b, err := read(packed, check(t))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// signed puts another index into the members, with a good signature.
func signed(t testing.TB, m []file, index string) []file {
	t.Helper()
	_, private := keys(t, "a")
	signature, err := private.Sign([]byte(index), "by hand")
	if err != nil {
		t.Fatal(err)
	}
	head := func(name string, data []byte) file {
		return file{tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Format: tar.FormatUSTAR}, data}
	}
	return append([]file{head("index.json", []byte(index)), head("index.json.minisig", signature)}, m[min(2, len(m)):]...)
}

// handmade signs parts that are not packed by Write.
func handmade(t testing.TB, parts [][]byte) []byte {
	t.Helper()
	x := struct {
		Format int `json:"tinycheck-bundle"`
		bundle.Index
	}{1, about()}
	m := make([]file, 2)
	for i, data := range parts {
		name := bundle.Indicators.Path(fmt.Sprint("f", i))
		sum := sha256.Sum256(data)
		x.Parts = append(x.Parts, bundle.Part{Name: name, Kind: bundle.Indicators, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(data))})
		m = append(m, file{tar.Header{Name: name, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}, data})
	}
	text, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return archive(t, signed(t, m, string(text)))
}

func zstded(t testing.TB, data []byte, options ...zstd.EOption) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, options...)
	if err != nil {
		t.Fatal(err)
	}
	for piece := range slices.Chunk(data, 1<<20) {
		if _, err := z.Write(piece); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// other signs with a key that is not trusted.
func other(t testing.TB, index []byte) []byte {
	t.Helper()
	_, private := keys(t, "b")
	text, err := private.Sign(index, about().Name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// checksum makes the checksum of a tar header right.
func checksum(h []byte) {
	copy(h[148:], "        ")
	sum := 0
	for _, b := range h {
		sum += int(b)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
}

// renamed writes the id of the trusted key into the signature of another.
func renamed(t testing.TB, text []byte) []byte {
	t.Helper()
	lines := strings.Split(string(text), "\n")
	trusted, _ := keys(t, "a")
	raw, err := base64.StdEncoding.DecodeString(lines[1])
	if err != nil {
		t.Fatal(err)
	}
	id, err := base64.StdEncoding.DecodeString(trusted.String())
	if err != nil {
		t.Fatal(err)
	}
	copy(raw[2:10], id[2:10])
	lines[1] = base64.StdEncoding.EncodeToString(raw)
	return []byte(strings.Join(lines, "\n"))
}
