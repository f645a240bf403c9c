package tinycheck

import "time"

// Context is one entry of what is known to be ordinary. It can turn a behaviour
// into a note; it never hides an indicator.
type Context struct {
	Observable Observable
	Class      ContextClass
	Owner      string
	Purpose    string
	Source     string    // where it can be checked: an address of the owner's own documentation
	Expires    time.Time // from then on it must be checked again and excuses nothing; zero: never
}

// ContextClass is what is known to be ordinary.
type ContextClass string

// The classes of context. None of them ever hides an indicator.
const (
	ContextOS       ContextClass = "os_core"         // captive-portal probes, time, push, updates, certificate status
	ContextService  ContextClass = "known_service"   // a named consumer service
	ContextPlatform ContextClass = "shared_platform" // hosting shared by strangers: never an identity
)
