package tinycheck

import "time"

// Feed is one source of indicators: where it is, what its entries mean, and how
// it stands.
type Feed struct {
	Name           string // unique; see internal/store for its spelling
	Kind           FeedKind
	URL            string // of an http, misp or taxii feed; the path of a file or folder
	Title          string // one line for people
	Licence        string
	Attribution    string // what the licence asks to be said
	Format         string // of internal/exchange; "" recognises it
	Class          Class  // of entries that state none; "" leaves it to the format
	Infrastructure Infrastructure
	Family         string
	Select         []string // misp: types and tags; taxii: ids of collections
	Secret         string   // API key, or user:password; never shown, never exported
	Private        bool     // may be fetched from an address of a private network
	Enabled        bool
	FeedState
}

// FeedState is how a feed stands.
type FeedState struct {
	Tried      time.Time // the last attempt to fetch it
	Fetched    time.Time // the last attempt that brought its content, or that it is unchanged
	Date       time.Time // of its content, as the source states it; zero when it does not
	Problem    string    // why the last attempt failed; "" when it did not
	Held       string    // why content that was fetched is not used until confirmed; "" otherwise
	ETag       string
	Modified   string // Last-Modified as the server writes it
	Cursor     string // where the next page of an incremental feed begins
	SHA256     string // of the content in use
	Indicators int    // that it has now
	Contexts   int    // entries of context that it has now
	Rejected   int    // entries of the content in use that were not taken
}

// FeedKind is how a feed's content comes here.
type FeedKind string

// The kinds of feed.
const (
	FeedBuiltIn FeedKind = "built-in" // compiled into the program
	FeedByHand  FeedKind = "by-hand"  // typed in, one by one
	FeedFile    FeedKind = "file"     // a file that was imported
	FeedFolder  FeedKind = "folder"   // a folder or USB stick, read again at each update
	FeedHTTP    FeedKind = "http"
	FeedMISP    FeedKind = "misp"   // REST interface of a MISP instance
	FeedTAXII   FeedKind = "taxii"  // TAXII 2.1 server
	FeedBundle  FeedKind = "bundle" // came in a signed bundle
)

// Intake is what became of the entries of one file or one fetch. An entry is
// what the format calls one: Accepted + Merged + Replaced + Contexts +
// RejectedTotal is their number, where one that names several things counts as
// so many.
type Intake struct {
	Name          string
	Format        string
	Licence       string
	Date          time.Time // of the content, as the source states it; zero when it does not
	SHA256        string
	Accepted      int // taken, and new or just as the feed said before
	Merged        int // listed twice with the same meaning
	Replaced      int // taken in place of what the feed said before
	Contexts      int // taken as context
	Withdrawn     int // entries that the feed had before and has no longer
	RejectedTotal int
	Rejected      []Rejected // the first ones; bounded
	Reasons       []Reason   // how often each reason; bounded, most frequent first
}

// Rejected is one entry of a source that was not taken, and why.
type Rejected struct {
	Line   int // from 1; 0 when the format has no lines
	Value  string
	Reason string
}

// Reason is how many entries were not taken for one reason.
type Reason struct {
	Reason string
	Count  int
}
