package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"tinycheck"
	"tinycheck/internal/bundle"
	"tinycheck/internal/library"
	"tinycheck/internal/spelling"
	"tinycheck/internal/store"
)

// packFlags are those of "feeds bundle".
type packFlags struct {
	*libraryFlags
	packing          library.Packing
	key, password    string
	output, validity string
	rules            []string
}

func newFeedBundle(common *libraryFlags) *cobra.Command {
	f := packFlags{libraryFlags: common}
	c := &cobra.Command{
		Use:   "bundle",
		Short: "Write all feeds to one signed file, for many boxes or for a USB stick",
		Long: "Bundle writes the feeds in use, their context and rule files to one signed file; entries made by hand only\n" +
			"with --feed own, what is disabled or removed never. \"tinycheck feeds apply\"\n" +
			"takes it in on another machine. The key is one of minisign; \"tinycheck feeds key\" makes one.\n\n" +
			"  tinycheck feeds bundle --name coalition --key ours.key --output coalition.bundle\n\n" +
			"The version must grow from bundle to bundle; it is made of the time unless it is given.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.complete(); err != nil {
				return usageError{err}
			}
			return common.read(c.Context(), func(l *library.Library) error { return f.run(c, l) })
		},
	}
	c.Flags().StringVar(&f.packing.Name, "name", "", "whose bundle it is, `NAME`; versions count per name")
	c.Flags().Uint64Var(&f.packing.Version, "version", 0, "`NUMBER` that grows from bundle to bundle (default: the time, as 20261122153000)")
	c.Flags().StringVar(&f.validity, "valid", "60d", "how long it may be applied, as `60d` or 12h")
	c.Flags().StringSliceVar(&f.packing.Feeds, "feed", nil, "only these feeds, by their `NAME`s (default: all in use)")
	c.Flags().StringArrayVar(&f.rules, "rules", nil, "a rule `FILE` to go with it (repeatable)")
	c.Flags().StringVar(&f.key, "key", "", "`FILE` with the secret key")
	c.Flags().StringVar(&f.password, "password-file", "", "`FILE` with the password of the key, when it has one (\"-\": standard input)")
	c.Flags().StringVarP(&f.output, "output", "o", "", "write to `FILE`")
	complete(c, "feed", common.feedNames(every))
	return c
}

// complete checks what was given. What is missing is a mistake of the caller.
func (f *packFlags) complete() error {
	for _, flag := range [][2]string{{"name", f.packing.Name}, {"key", f.key}, {"output", f.output}} {
		if flag[1] == "" {
			return fmt.Errorf("--%s is missing", flag[0])
		}
	}
	if !spelling.IsSlug(f.packing.Name) {
		return fmt.Errorf("%q cannot be the name of a bundle; %q can", f.packing.Name, spelling.Slug(f.packing.Name))
	}
	now := time.Now().UTC()
	valid, err := duration(f.validity)
	if err != nil {
		return err
	}
	f.packing.Expires = now.Add(valid)
	if f.packing.Version == 0 {
		f.packing.Version, _ = strconv.ParseUint(now.Format("20060102150405"), 10, 64)
	}
	return nil
}

// duration reads 60d beside what Go knows.
func duration(text string) (time.Duration, error) {
	var days int
	if n, err := fmt.Sscanf(text, "%dd", &days); err == nil && n == 1 && days > 0 && text == fmt.Sprintf("%dd", days) {
		return time.Duration(days) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no length of time; write 60d or 12h", text)
	}
	return d, nil
}

func (f *packFlags) run(c *cobra.Command, l *library.Library) error {
	key, err := f.secretKey(c.InOrStdin())
	if err != nil {
		return err
	}
	f.packing.Sign = key.Sign
	f.packing.Rules = map[string][]byte{}
	for _, file := range f.rules {
		text, err := os.ReadFile(file)
		if err != nil {
			return fileError("read rules", err)
		}
		name := filepath.Base(file)
		f.packing.Rules[name[:len(name)-len(filepath.Ext(name))]] = text
	}
	var about bundle.Index
	err = store.WriteFile(f.output, func(w io.Writer) (err error) {
		about, err = l.Pack(c.Context(), w, f.packing)
		return err
	})
	if err != nil {
		return err
	}
	if f.json {
		return machine(c, about)
	}
	fmt.Fprintf(c.OutOrStdout(), "%s: bundle %q version %d, valid until %s, signed by %s\n", f.output, about.Name, about.Version, day(about.Expires), key.ID())
	return parts(c.OutOrStdout(), about.Parts)
}

func parts(w io.Writer, list []bundle.Part) error {
	rows := make([][]string, len(list))
	for i, p := range list {
		rows[i] = []string{p.Name, strconv.Itoa(p.Entries), strconv.FormatInt(p.Size, 10)}
	}
	return table(w, []string{"PART", "ENTRIES", "BYTES"}, rows)
}

func (f *packFlags) secretKey(stdin io.Reader) (bundle.PrivateKey, error) {
	text, err := os.ReadFile(f.key)
	if err != nil {
		return bundle.PrivateKey{}, fileError("read key", err)
	}
	password := ""
	if bundle.Encrypted(string(text)) {
		if f.password == "" {
			return bundle.PrivateKey{}, usageError{errors.New("the key has a password: give the file that holds it with --password-file")}
		}
		if password, err = firstLine(f.password, stdin); err != nil {
			return bundle.PrivateKey{}, err
		}
	}
	key, err := bundle.ParsePrivateKey(string(text), password)
	if _, public := bundle.ParsePublicKey(string(text)); public == nil {
		err = tinycheck.Errorf("read key "+f.key, tinycheck.Invalid, errors.New("it holds the public half of a key; signing takes the secret one"))
	}
	return key, err
}

// applyFlags are those of "feeds apply".
type applyFlags struct {
	*libraryFlags
	keys []string
	loss bool
}

func newFeedApply(common *libraryFlags) *cobra.Command {
	f := applyFlags{libraryFlags: common}
	c := &cobra.Command{
		Use:   "apply FILE",
		Short: "Take in a signed bundle: all of it, or nothing",
		Long: "Apply checks the signature, the dates, the version and every part of a bundle before it changes anything.\n" +
			"A bundle that is damaged, expired, older than the last one or signed by an unknown key is refused.\n" +
			"Keys are trusted once with \"tinycheck feeds trust\", or for this time with --key.",
		Args: exactly("which bundle? Name the file"),
		RunE: func(c *cobra.Command, args []string) error {
			return common.open(c.Context(), func(l *library.Library) error { return f.run(c, l, args[0]) })
		},
	}
	c.Flags().StringArrayVar(&f.keys, "key", nil, "a public `KEY`, or the file that holds it, to trust this time (repeatable)")
	c.Flags().BoolVar(&f.loss, "accept-loss", false, "even when more than half of a feed goes")
	return c
}

func (f *applyFlags) run(c *cobra.Command, l *library.Library, file string) error {
	with := library.Applying{Loss: f.loss}
	for _, text := range f.keys {
		key, err := publicKey(text)
		if err != nil {
			return err
		}
		with.Keys = append(with.Keys, key)
	}
	in, err := os.Open(file)
	if err != nil {
		return fileError("apply bundle", err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return tinycheck.Errorf("apply bundle", tinycheck.Unavailable, err)
	}
	done, err := l.Apply(c.Context(), in, info.Size(), with)
	if err != nil {
		return err
	}
	if err := f.tell(c, &done); err != nil {
		return err
	}
	return f.refresh(c.Context(), l)
}

func (f *applyFlags) tell(c *cobra.Command, done *library.Applied) error {
	feeds := make([]intakeJSON, len(done.Intakes))
	for i := range done.Intakes {
		feeds[i] = intakeOut(&done.Intakes[i], nil)
	}
	if f.json {
		return machine(c, struct {
			Bundle    string       `json:"bundle"`
			Version   uint64       `json:"version"`
			Key       string       `json:"key"`
			Again     bool         `json:"again"`
			Feeds     []intakeJSON `json:"feeds"`
			Newer     []string     `json:"newer_here"`
			Withdrawn []string     `json:"withdrawn"`
			Rules     []string     `json:"rules"`
		}{done.Bundle.Name, done.Bundle.Version, done.Key.ID(), done.Again, feeds, listed(done.Newer), listed(done.Gone), listed(done.Rules)})
	}
	out := c.OutOrStdout()
	fmt.Fprintf(out, "bundle %q version %d of %s, signed by %s\n", done.Bundle.Name, done.Bundle.Version, day(done.Bundle.Created), done.Key.ID())
	if done.Again {
		fmt.Fprintln(out, "this version was applied before")
	}
	for i := range feeds {
		showIntake(out, &feeds[i])
	}
	for _, name := range done.Newer {
		fmt.Fprintf(out, "%s: fetched here later than by the sender, left as it is\n", name)
	}
	for _, name := range done.Gone {
		fmt.Fprintf(out, "%s: no longer in the bundle, removed\n", name)
	}
	return nil
}

// listed is a list in JSON, also when it is empty.
func listed(names []string) []string { return append([]string{}, names...) }

// publicKey reads a key, or the file that holds it.
func publicKey(text string) (bundle.PublicKey, error) {
	raw, err := os.ReadFile(text)
	if err == nil {
		return keyOf(text, string(raw))
	}
	key, wrong := bundle.ParsePublicKey(text)
	if wrong != nil {
		return key, tinycheck.Errorf("read key", tinycheck.NotFound, fmt.Errorf("%s is neither a file that can be read nor a public key", text))
	}
	return key, nil
}

// keyOf reads the public key in a file.
func keyOf(path, text string) (bundle.PublicKey, error) {
	key, err := bundle.ParsePublicKey(text)
	if err == nil {
		return key, nil
	}
	if _, private := bundle.ParsePrivateKey(text, ""); private == nil || bundle.Encrypted(text) {
		err = errors.New("it holds the secret half of a key; the public half is in the file that ends in .pub")
	}
	return key, tinycheck.Errorf("read key "+path, tinycheck.Invalid, err)
}
