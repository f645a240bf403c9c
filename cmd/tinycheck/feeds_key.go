package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tinycheck"
	"tinycheck/internal/bundle"
	"tinycheck/internal/library"
)

func newFeedKey(common *libraryFlags) *cobra.Command {
	var password string
	c := &cobra.Command{
		Use:   "key FILE",
		Short: "Make a key that signs bundles: FILE, and FILE.pub to be given away",
		Long:  "Key makes a key pair of minisign, which the program minisign can use too. The secret half signs:\nkeep it, and lock it with a password where others may read the disk. The public half is for \"tinycheck feeds trust\" on every box.",
		Args:  exactly("where to? Name a file for the secret key"),
		RunE: func(c *cobra.Command, args []string) error {
			word := ""
			if password != "" {
				var err error
				if word, err = firstLine(password, c.InOrStdin()); err != nil {
					return err
				}
			}
			public, private, err := bundle.GenerateKey(rand.Reader)
			if err != nil {
				return err
			}
			secret, err := private.Text(word)
			if err != nil {
				return err
			}
			if err := createPair(args[0], secret, public.Text()); err != nil {
				return keyError(args[0], err)
			}
			if common.json {
				return machine(c, map[string]string{"id": public.ID(), "public": public.String()})
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "key %s: %s (keep it), %s.pub (give it away)\n", public.ID(), args[0], args[0])
			return err
		},
	}
	c.Flags().StringVar(&password, "password-file", "", "lock the key with the password in `FILE` (\"-\": standard input)")
	return c
}

// keyError says why a key was not written.
func keyError(path string, err error) error {
	if errors.Is(err, fs.ErrExist) {
		return tinycheck.Errorf("write key", tinycheck.Conflict, fmt.Errorf("%s or %s.pub is there already and is not overwritten: whoever trusts that key would have to trust a new one", path, path))
	}
	return tinycheck.Errorf("write key", tinycheck.Unavailable, err)
}

// createPair writes both halves of a key, or none.
func createPair(path, secret, public string) error {
	if err := create(path, secret, 0o600); err != nil {
		return err
	}
	if err := create(path+".pub", public, 0o644); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// create writes a file that must not be there yet: no key is ever lost by it.
func create(path, text string, mode os.FileMode) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Sync(), file.Close())
}

func newFeedTrust(common *libraryFlags) *cobra.Command {
	var remove bool
	c := &cobra.Command{
		Use:   "trust [KEY]",
		Short: "Trust bundles of a public key, or list whose are trusted",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if remove && len(args) == 0 {
				return usageError{errors.New("which key is not to be trusted any more? Name it")}
			}
			return common.open(c.Context(), func(l *library.Library) error {
				if len(args) == 1 {
					key, err := publicKey(args[0])
					if err != nil {
						return err
					}
					if err := l.Trust(key, !remove); err != nil {
						return err
					}
				}
				return trusted(c, common, l)
			})
		},
	}
	c.Flags().BoolVar(&remove, "remove", false, "do not trust this key any more")
	return c
}

func trusted(c *cobra.Command, common *libraryFlags, l *library.Library) error {
	keys, err := l.Trusted()
	if err != nil {
		return err
	}
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = k.ID()
	}
	if common.json {
		return machine(c, map[string][]string{"trusted": ids})
	}
	if len(ids) == 0 {
		_, err = fmt.Fprintln(c.OutOrStdout(), "no key is trusted")
		return err
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "trusted: %s\n", strings.Join(ids, ", "))
	return err
}

// firstLine reads a secret from a file, or from standard input for "-".
func firstLine(path string, stdin io.Reader) (string, error) {
	in := stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return "", fileError("read secret", err)
		}
		defer file.Close()
		in = file
	}
	const most = 4096
	raw, err := io.ReadAll(io.LimitReader(in, most))
	if err != nil {
		return "", tinycheck.Errorf("read secret", tinycheck.Unavailable, err)
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	if line = strings.TrimSpace(line); line == "" {
		return "", tinycheck.Errorf("read secret", tinycheck.Invalid, errors.New("the file is empty"))
	}
	return line, nil
}
