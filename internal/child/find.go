package child

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"tinycheck"
)

// elsewhere is where programs are that an ordinary user's PATH leaves out.
var elsewhere = []string{"/usr/sbin", "/sbin", "/usr/local/sbin"}

// Find gives the path of an installed program, or the Debian package to install.
func Find(program, debianPackage string) (string, error) {
	if program == "" || strings.ContainsAny(program, "/\x00") {
		return "", invalid("find program", "%q is no name of a program", program)
	}
	for _, folder := range append(filepath.SplitList(os.Getenv("PATH")), elsewhere...) {
		path := filepath.Join(folder, program)
		if filepath.IsAbs(path) && executable(path) {
			return path, nil
		}
	}
	return "", tinycheck.Errorf(fmt.Sprintf("%s is not installed (Debian package %s)", program, debianPackage), tinycheck.Unavailable, nil)
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
