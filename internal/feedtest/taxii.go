package feedtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// MediaTAXII is the media type of TAXII 2.1 (section 1.6.8.1).
const MediaTAXII = "application/taxii+json;version=2.1"

// Collection is one collection of a TAXII server.
type Collection struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Alias   string `json:"alias,omitempty"`
	CanRead bool   `json:"can_read"`
	Write   bool   `json:"can_write"`

	root    string
	objects []added
}

type added struct {
	when time.Time
	raw  json.RawMessage
}

// TAXII is a TAXII 2.1 server: discovery at /taxii2/, API roots, collections and
// their objects, in pages.
type TAXII struct {
	Authorization string   // that it accepts; "": everybody
	Media         string   // that it answers in; "": MediaTAXII
	PageSize      int      // at most; 0: 100
	ByDate        bool     // pages go on by added_after instead of next (section 3.5)
	Undated       bool     // without X-TAXII-Date-Added headers
	Stuck         bool     // always there is more, at the same place
	Roots         []string // as discovery names them; nil: those that have collections

	mu          sync.Mutex
	collections []*Collection
	asked       []*http.Request
	clock       time.Time
}

// NewTAXII makes a server without collections.
func NewTAXII(authorization string) *TAXII {
	return &TAXII{Authorization: authorization, clock: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// Put makes a collection in an API root ("api1").
func (s *TAXII) Put(root string, c Collection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.root = root
	s.collections = append(s.collections, &c)
}

// Add adds objects to a collection, each a microsecond after the one before.
func (s *TAXII) Add(id string, objects ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.collections {
		if c.ID != id {
			continue
		}
		for _, raw := range objects {
			s.clock = s.clock.Add(time.Microsecond)
			c.objects = append(c.objects, added{s.clock, json.RawMessage(raw)})
		}
	}
}

// Asked are the requests so far.
func (s *TAXII) Asked() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// ServeHTTP answers like a TAXII server.
func (s *TAXII) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r)
	steps := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case s.Authorization != "" && r.Header.Get("Authorization") != s.Authorization:
		w.Header().Set("WWW-Authenticate", `Basic realm="taxii"`)
		s.refuse(w, http.StatusUnauthorized, "Unauthorized")
	case r.Header.Get("Accept") != s.media():
		s.refuse(w, http.StatusNotAcceptable, "Not Acceptable") // section 3.4.1: the media type was not asked for
	case !strings.HasSuffix(r.URL.Path, "/"):
		s.refuse(w, http.StatusNotFound, "Not Found")
	case len(steps) == 1 && steps[0] == "taxii2":
		s.write(w, http.StatusOK, map[string]any{"title": "Test", "default": s.roots()[0], "api_roots": s.roots()})
	case len(steps) == 1 && slices.ContainsFunc(s.collections, func(c *Collection) bool { return c.root == steps[0] }):
		s.write(w, http.StatusOK, map[string]any{"title": steps[0], "versions": []string{MediaTAXII}, "max_content_length": 1 << 20})
	case len(steps) == 2 && steps[1] == "collections":
		s.list(w, steps[0])
	case len(steps) >= 3 && steps[1] == "collections":
		s.collection(w, r, steps)
	default:
		s.refuse(w, http.StatusNotFound, "Not Found")
	}
}

func (s *TAXII) media() string {
	if s.Media != "" {
		return s.Media
	}
	return MediaTAXII
}

// roots are relative, which section 4.1.1 allows.
func (s *TAXII) roots() []string {
	if s.Roots != nil {
		return s.Roots
	}
	var roots []string
	for _, c := range s.collections {
		if at := "/" + c.root + "/"; !slices.Contains(roots, at) {
			roots = append(roots, at)
		}
	}
	return append(roots, "/empty/")[:max(1, len(roots))]
}

func (s *TAXII) list(w http.ResponseWriter, root string) {
	list := []*Collection{}
	for _, c := range s.collections {
		if c.root == root {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		s.refuse(w, http.StatusNotFound, "Not Found")
		return
	}
	s.write(w, http.StatusOK, map[string]any{"collections": list})
}

func (s *TAXII) collection(w http.ResponseWriter, r *http.Request, steps []string) {
	for _, c := range s.collections {
		if c.root != steps[0] || c.ID != steps[2] && c.Alias != steps[2] {
			continue
		}
		switch {
		case len(steps) == 3:
			s.write(w, http.StatusOK, c)
		case !c.CanRead:
			s.refuse(w, http.StatusForbidden, "Forbidden")
		case len(steps) == 4 && steps[3] == "objects":
			s.objects(w, r, c)
		default:
			s.refuse(w, http.StatusNotFound, "Not Found")
		}
		return
	}
	s.refuse(w, http.StatusNotFound, "Not Found")
}

// stampTAXII is a timestamp of section 3.2.
const stampTAXII = "2006-01-02T15:04:05.000000Z"

func (s *TAXII) objects(w http.ResponseWriter, r *http.Request, c *Collection) {
	after, _ := time.Parse(time.RFC3339Nano, r.URL.Query().Get("added_after"))
	var list []added
	for _, o := range c.objects {
		if o.when.After(after) { // section 5.4.1: strictly
			list = append(list, o)
		}
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("next"))
	if s.Stuck {
		from = 0
	}
	list = list[min(from, len(list)):]
	size := s.PageSize
	if size == 0 {
		size = 100
	}
	if limit, err := strconv.Atoi(r.URL.Query().Get("limit")); err == nil {
		size = min(size, limit)
	}
	s.page(w, list, from, size)
}

func (s *TAXII) page(w http.ResponseWriter, list []added, from, size int) {
	answer := map[string]any{}
	if len(list) > size || s.Stuck {
		list = list[:min(size, len(list))]
		answer["more"] = true
		if !s.ByDate {
			answer["next"] = strconv.Itoa(from + len(list))
		}
	}
	if len(list) > 0 {
		var raws []json.RawMessage
		for _, o := range list {
			raws = append(raws, o.raw)
		}
		answer["objects"] = raws
	}
	if len(list) > 0 && !s.Undated {
		w.Header().Set("X-TAXII-Date-Added-First", list[0].when.Format(stampTAXII))
		w.Header().Set("X-TAXII-Date-Added-Last", list[len(list)-1].when.Format(stampTAXII))
	}
	s.write(w, http.StatusOK, answer)
}

func (s *TAXII) refuse(w http.ResponseWriter, status int, title string) {
	s.write(w, status, map[string]any{"title": title, "http_status": strconv.Itoa(status)})
}

func (s *TAXII) write(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", s.media())
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}
