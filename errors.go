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

// Cause is what an error from outside means here: its kind, and what to do.
type Cause struct {
	Is   error
	Kind ErrorKind
	Err  error
}

// Explain gives an error from outside its address, and the first of the causes
// that fits; without one it is Unavailable. What has an address already keeps it.
func Explain(op string, err error, causes []Cause) error {
	var own *Error
	if err == nil || errors.As(err, &own) {
		return err
	}
	for _, c := range causes {
		if errors.Is(err, c.Is) {
			return Errorf(op, c.Kind, c.Err)
		}
	}
	return Errorf(op, Unavailable, err)
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
