package tinycheck

// Session is one visit: a phone, the settings it is looked at with, and what
// becomes of it. A file that is analyzed is the smallest session there is.
type Session struct {
	Device   string // MAC or address of the phone; "" when the traffic is to tell
	Language string // BCP 47
}
