package tinycheck

import "errors"

// ErrorKind is what went wrong, in the six words that every door (command line,
// web page, API) can turn into an exit code, a status or a page. A kind is
// itself an error, so that errors.Is(err, tinycheck.Invalid) asks for it.
type ErrorKind string

// The six kinds.
const (
	NotFound    ErrorKind = "not found"   // what was named is not there
	Invalid     ErrorKind = "invalid"     // what was given cannot be understood
	Conflict    ErrorKind = "conflict"    // it contradicts what is already there
	Busy        ErrorKind = "busy"        // it is in use by somebody else right now
	Unsupported ErrorKind = "unsupported" // it is understood, and this program does not do it
	Unavailable ErrorKind = "unavailable" // something outside (disk, device, network) refused
)

// Error returns the kind as a word.
func (k ErrorKind) Error() string { return string(k) }

// Error is an error with its address: the operation in the words of the house
// ("open capture"), the kind, and the cause.
type Error struct {
	Op   string
	Kind ErrorKind
	Err  error // the cause; nil when Op says everything
}

// Errorf is the usual way to make an Error; err may be nil.
func Errorf(op string, kind ErrorKind, err error) error {
	return &Error{Op: op, Kind: kind, Err: err}
}

// Error reads "operation: cause".
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Op
	}
	return e.Op + ": " + e.Err.Error()
}

// Unwrap gives both the kind and the cause to errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// KindOf is what kind of error it is; "" for none, and for one without a kind.
func KindOf(err error) ErrorKind {
	for _, k := range []ErrorKind{NotFound, Invalid, Conflict, Busy, Unsupported, Unavailable} {
		if errors.Is(err, k) {
			return k
		}
	}
	return ""
}
