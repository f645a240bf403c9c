package bundle_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tinycheck"
	"tinycheck/internal/bundle"
)

var (
	created = time.Date(2026, 11, 22, 8, 30, 0, 0, time.UTC)
	expires = created.AddDate(0, 0, 30)
	now     = created.Add(time.Hour)
)

// keys makes the same pair for the same letter each time.
func keys(t testing.TB, letter string) (bundle.PublicKey, bundle.PrivateKey) {
	t.Helper()
	public, private, err := bundle.GenerateKey(strings.NewReader(strings.Repeat(letter, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

func about() bundle.Index {
	return bundle.Index{Name: "coalition", Version: 2026112201, Created: created, Expires: expires}
}

func contents() []bundle.Content {
	return []bundle.Content{
		{Name: bundle.Indicators.Path("stalkerware"), Kind: bundle.Indicators, Entries: 2, Data: []byte(`{"c2":"spy.example"}` + "\n" + `{"c2":"eye.example"}` + "\n")},
		{Name: bundle.Context.Path(""), Kind: bundle.Context, Entries: 1, Data: []byte(`{"os_core":"time.example"}` + "\n")},
		{Name: bundle.Feeds.Path(""), Kind: bundle.Feeds, Entries: 1, Data: []byte(`[{"name":"stalkerware"}]`)},
		{Name: bundle.Rules.Path("stalkerware-2"), Kind: bundle.Rules, Data: []byte("alert dns any any -> any any (sid:1;)\n")},
	}
}

func write(t testing.TB, x bundle.Index, parts []bundle.Content, sign bundle.Signer) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := bundle.Write(&b, x, parts, sign); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func good(t testing.TB) []byte {
	_, private := keys(t, "a")
	return write(t, about(), contents(), private.Sign)
}

func never(string) (uint64, error) { return 0, nil }

func check(t testing.TB) bundle.Check {
	public, _ := keys(t, "a")
	return bundle.Check{Keys: []bundle.PublicKey{public}, Now: now, Applied: never}
}

func read(file []byte, c bundle.Check) (*bundle.Bundle, error) {
	return bundle.Read(bytes.NewReader(file), int64(len(file)), c)
}

// all opens every part.
func all(t testing.TB, b *bundle.Bundle) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, p := range b.Parts {
		in, err := b.Open(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		texts[p.Name] = string(text)
	}
	return texts
}

// refused checks kind and words of an error.
func refused(t *testing.T, err error, kind tinycheck.ErrorKind, words string) {
	t.Helper()
	if err == nil || !errors.Is(err, kind) || !strings.Contains(err.Error(), words) {
		t.Errorf("got  %v\nwant %s: %s", err, kind, words)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	b, err := read(good(t), check(t))
	if err != nil {
		t.Fatal(err)
	}
	public, _ := keys(t, "a")
	if b.Name != "coalition" || b.Version != 2026112201 || !b.Created.Equal(created) || !b.Expires.Equal(expires) ||
		b.Again || !b.Key.Equal(public) || b.Comment != "tinycheck-bundle name:coalition version:2026112201" || len(b.SHA256) != 64 {
		t.Errorf("%+v", b)
	}
	want := map[string]string{}
	for _, c := range contents() {
		want[c.Name] = string(c.Data)
	}
	if d := cmp.Diff(want, all(t, b)); d != "" {
		t.Error(d)
	}
	var told []string
	for _, p := range b.Parts {
		told = append(told, fmt.Sprintf("%s|%s|%s|%d", p.Name, p.Kind, p.Of(), p.Entries))
	}
	if d := cmp.Diff([]string{
		"context.ndjson.zst|context||1",
		"feeds.json|feeds||1",
		"feeds/stalkerware.ndjson.zst|indicators|stalkerware|2",
		"rules/stalkerware-2.rules.zst|rules|stalkerware-2|0",
	}, told); d != "" {
		t.Error(d)
	}
	_, err = b.Open("feeds/other.ndjson.zst")
	refused(t, err, tinycheck.NotFound, `there is no part "feeds/other.ndjson.zst"`)
}

func TestTheSameAgainIsTheSameBytes(t *testing.T) {
	_, private := keys(t, "a")
	first := good(t)
	parts := contents()
	slices.Reverse(parts)
	x := about()
	x.Created = x.Created.Add(300 * time.Millisecond).In(time.FixedZone("there", 7200))
	if !bytes.Equal(first, write(t, x, parts, private.Sign)) {
		t.Error("another order and time zone of the input changed the bytes")
	}
	// What is written bit by bit, and after other parts, is packed like what is there at once.
	long := []byte(strings.Repeat(`{"c2":"spy.example","family":"Example"}`+"\n", 20000))
	atOnce := bundle.Content{Name: bundle.Rules.Path("z"), Kind: bundle.Rules, Entries: 20000, Data: long}
	bitByBit := atOnce
	bitByBit.Data, bitByBit.Entries = nil, 0
	bitByBit.Write = func(w io.Writer) (int, error) {
		for piece := range slices.Chunk(long, 777) {
			if _, err := w.Write(piece); err != nil {
				return 0, err
			}
		}
		return 20000, nil
	}
	one, other := members(t, write(t, about(), []bundle.Content{atOnce}, private.Sign)), members(t, write(t, about(), append(contents(), bitByBit), private.Sign))
	if !bytes.Equal(one[len(one)-1].data, other[len(other)-1].data) {
		t.Error("the way of writing changed the packed bytes")
	}
	b, err := read(write(t, about(), []bundle.Content{bitByBit}, private.Sign), check(t))
	if err != nil || b.Parts[0].Entries != 20000 {
		t.Errorf("%+v, %v", b, err)
	}
}

func TestWriteRefuses(t *testing.T) {
	_, private := keys(t, "a")
	broken := errors.New("the disk is full")
	one := contents()[:1]
	called := func(name string, kind bundle.Kind) []bundle.Content {
		return []bundle.Content{{Name: name, Kind: kind}}
	}
	var many []bundle.Content
	for i := range 4097 {
		many = append(many, bundle.Content{Name: bundle.Rules.Path(fmt.Sprint("r", i)), Kind: bundle.Rules})
	}
	for name, c := range map[string]struct {
		change func(*bundle.Index)
		parts  []bundle.Content
		sign   bundle.Signer
		words  string
	}{
		"no part":             {nil, nil, nil, "it names no part"},
		"too many parts":      {nil, many, nil, "4097 parts, at most 4096"},
		"twice":               {nil, append(contents(), one...), nil, "it names feeds/stalkerware.ndjson.zst twice"},
		"up and out":          {nil, called("feeds/../x.ndjson.zst", bundle.Indicators), nil, "no name of a part"},
		"dots":                {nil, called("feeds/x..ndjson.zst", bundle.Indicators), nil, "no name of a part"},
		"dots inside":         {nil, called("feeds/x..y.ndjson.zst", bundle.Indicators), nil, "no name of a part"},
		"absolute":            {nil, called("/feeds/x.ndjson.zst", bundle.Indicators), nil, "no name of a part"},
		"folder":              {nil, called("feeds/a/x.ndjson.zst", bundle.Indicators), nil, "no name of a part"},
		"capital":             {nil, called("feeds/X.ndjson.zst", bundle.Indicators), nil, "no name of a part"},
		"kind of another":     {nil, called("feeds/x.ndjson.zst", bundle.Rules), nil, "no name of a part"},
		"unknown kind":        {nil, called("x", "songs"), nil, "no name of a part"},
		"the index":           {nil, called("index.json", bundle.Feeds), nil, "no name of a part"},
		"long":                {nil, called("feeds/"+strings.Repeat("x", 65)+".ndjson.zst", bundle.Indicators), nil, "no name of a part"},
		"no name":             {func(x *bundle.Index) { x.Name = "" }, one, nil, "is no name of a bundle"},
		"name of two words":   {func(x *bundle.Index) { x.Name = "a b" }, one, nil, "is no name of a bundle"},
		"version 0":           {func(x *bundle.Index) { x.Version = 0 }, one, nil, "version 0"},
		"version 2^53":        {func(x *bundle.Index) { x.Version = 1 << 53 }, one, nil, "version 9007199254740992"},
		"no date":             {func(x *bundle.Index) { x.Created = time.Time{} }, one, nil, "dates"},
		"expired from birth":  {func(x *bundle.Index) { x.Expires = x.Created }, one, nil, "is not after its creation"},
		"negative entries":    {nil, []bundle.Content{{Name: "feeds.json", Kind: bundle.Feeds, Entries: -1}}, nil, "-1 entries"},
		"a part that fails":   {nil, []bundle.Content{{Name: "feeds.json", Kind: bundle.Feeds, Write: func(io.Writer) (int, error) { return 0, broken }}}, nil, `part "feeds.json": the disk is full`},
		"a signer that fails": {nil, one, func([]byte, string) ([]byte, error) { return nil, broken }, "sign index.json: the disk is full"},
		"no signature":        {nil, one, func([]byte, string) ([]byte, error) { return []byte("yes"), nil }, "invalid signature"},
		"comment of another":  {nil, one, func(i []byte, c string) ([]byte, error) { return private.Sign(i, c+"1") }, "the signature is for"},
		"no key":              {nil, one, bundle.PrivateKey{}.Sign, "there is no key"},
	} {
		t.Run(name, func(t *testing.T) {
			x := about()
			if c.change != nil {
				c.change(&x)
			}
			if c.sign == nil {
				c.sign = private.Sign
			}
			var b bytes.Buffer
			_, err := bundle.Write(&b, x, c.parts, c.sign)
			refused(t, err, tinycheck.Invalid, c.words)
			if b.Len() > 0 {
				t.Errorf("%d bytes were written", b.Len())
			}
		})
	}
}

// A writer that goes on although it was told to stop is stopped all the same.
func TestWriteRefusesWhatNobodyUnpacks(t *testing.T) {
	_, private := keys(t, "a")
	endless := func(w io.Writer) (int, error) {
		for range 1<<10 + 1 {
			w.Write(make([]byte, 1<<20))
		}
		return 1, nil
	}
	var b bytes.Buffer
	_, err := bundle.Write(&b, about(), []bundle.Content{{Name: "context.ndjson.zst", Kind: bundle.Context, Write: endless}}, private.Sign)
	refused(t, err, tinycheck.Invalid, "more bytes than a reader unpacks")
}

func TestAFullDiskIsUnavailable(t *testing.T) {
	_, private := keys(t, "a")
	in, out := io.Pipe()
	in.CloseWithError(errors.New("no space left"))
	_, err := bundle.Write(out, about(), contents(), private.Sign)
	refused(t, err, tinycheck.Unavailable, "write bundle: no space left")
}

func TestEmptyPartsArePossible(t *testing.T) {
	_, private := keys(t, "a")
	file := write(t, about(), []bundle.Content{{Name: "feeds.json", Kind: bundle.Feeds}, {Name: "context.ndjson.zst", Kind: bundle.Context}}, private.Sign)
	b, err := read(file, check(t))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]string{"feeds.json": "", "context.ndjson.zst": ""}, all(t, b)); d != "" {
		t.Error(d)
	}
}

// file is one member of a tar, for taking bundles apart.
type file struct {
	tar.Header
	data []byte
}

func members(t testing.TB, packed []byte) (list []file) {
	t.Helper()
	r := tar.NewReader(bytes.NewReader(packed))
	for {
		h, err := r.Next()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, file{*h, data})
	}
}

func archive(t testing.TB, list []file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range list {
		if m.Typeflag == tar.TypeReg {
			m.Size = int64(len(m.data))
		}
		if err := w.WriteHeader(&m.Header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(m.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
