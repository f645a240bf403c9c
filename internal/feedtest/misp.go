package feedtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// MISPVersion is the version that MISP says it has.
const MISPVersion = "2.4.198"

// Attribute is one attribute of a MISP event, as its REST interface shows it.
type Attribute struct {
	ID        string     `json:"id"`
	EventID   string     `json:"event_id"`
	UUID      string     `json:"uuid,omitempty"`
	Type      string     `json:"type"`
	Category  string     `json:"category"`
	ToIDs     bool       `json:"to_ids"`
	Timestamp string     `json:"timestamp"`
	Comment   string     `json:"comment"`
	Deleted   bool       `json:"deleted"`
	Value     string     `json:"value"`
	Tags      []MISPTag  `json:"Tag,omitempty"`
	Event     *MISPEvent `json:"Event,omitempty"`
}

// MISPTag is a tag of an attribute or an event.
type MISPTag struct {
	Name string `json:"name"`
}

// MISPEvent is what an attribute says of its event.
type MISPEvent struct {
	ID        string    `json:"id"`
	Info      string    `json:"info"`
	UUID      string    `json:"uuid,omitempty"`
	Timestamp string    `json:"timestamp,omitempty"`
	Tags      []MISPTag `json:"-"`
}

// MISP is a MISP instance: POST /attributes/restSearch and GET
// /servers/getVersion.
type MISP struct {
	Key    string              // that it accepts
	Before func(query int)     // called before each search, from 1
	Answer func([]byte) []byte // changes each answer of a search; nil: does not

	mu         sync.Mutex
	attributes []Attribute
	asked      []map[string]any
}

// NewMISP makes an empty instance.
func NewMISP(key string) *MISP { return &MISP{Key: key} }

// Add adds attributes; what is missing is filled in as for a domain with to_ids.
func (m *MISP) Add(list ...Attribute) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range list {
		a.ID = strconv.Itoa(len(m.attributes) + 1)
		if a.Type == "" {
			a.Type = "domain"
		}
		if a.Category == "" {
			a.Category = "Network activity"
		}
		if a.Timestamp == "" {
			a.Timestamp = strconv.Itoa(1_700_000_000 + len(m.attributes))
		}
		if a.Event == nil {
			a.Event = &MISPEvent{ID: "1", Info: "test"}
		}
		a.EventID = a.Event.ID
		m.attributes = append(m.attributes, a)
	}
}

// Change does something to each attribute.
func (m *MISP) Change(do func(*Attribute)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.attributes {
		do(&m.attributes[i])
	}
}

// Load adds the attributes of an exported event: {"Event":…}, or the older
// {"response":[{"Event":…}]}. It gives their number.
func (m *MISP) Load(file []byte) (int, error) {
	type event struct {
		Event struct {
			MISPEvent
			Tag       []MISPTag
			Attribute []Attribute
		}
	}
	var one event
	var many struct{ Response []event }
	if err := json.Unmarshal(file, &many); err != nil {
		return 0, err
	}
	if len(many.Response) == 0 {
		if err := json.Unmarshal(file, &one); err != nil {
			return 0, err
		}
		many.Response = []event{one}
	}
	n := 0
	for _, e := range many.Response {
		about := e.Event.MISPEvent
		about.Tags = e.Event.Tag
		for _, a := range e.Event.Attribute {
			a.Event = &about
			m.Add(a)
			n++
		}
	}
	return n, nil
}

// Asked are the questions of all searches so far.
func (m *MISP) Asked() []map[string]any {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.asked)
}

// ServeHTTP answers like MISP.
func (m *MISP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimSuffix(r.URL.Path, ".json")
	switch {
	case r.Header.Get("Authorization") != m.Key:
		mispError(w, r, http.StatusForbidden, "Authentication failed. Please make sure you pass the API key of an API enabled user along in the Authorization header.")
	case path == "/servers/getVersion":
		mispJSON(w, http.StatusOK, map[string]any{"version": MISPVersion, "pymisp_recommended_version": MISPVersion, "perm_sync": false, "perm_sighting": false, "perm_galaxy_editor": false})
	case path == "/attributes/restSearch" && r.Method == http.MethodPost:
		m.search(w, r)
	default:
		mispError(w, r, http.StatusNotFound, "The requested address was not found on this server.")
	}
}

func mispError(w http.ResponseWriter, r *http.Request, status int, message string) {
	mispJSON(w, status, map[string]any{"name": message, "message": message, "url": r.URL.Path})
}

func mispJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}

func (m *MISP) search(w http.ResponseWriter, r *http.Request) {
	var query map[string]any
	if err := json.NewDecoder(r.Body).Decode(&query); err != nil {
		mispError(w, r, http.StatusBadRequest, "Invalid JSON input.")
		return
	}
	m.mu.Lock()
	m.asked = append(m.asked, query)
	asked := len(m.asked)
	m.mu.Unlock()
	if m.Before != nil {
		m.Before(asked)
	}
	found := m.find(query)
	text, err := json.Marshal(map[string]any{"response": map[string]any{"Attribute": found}})
	if err != nil {
		mispError(w, r, http.StatusInternalServerError, err.Error())
		return
	}
	if m.Answer != nil {
		text = m.Answer(text)
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("X-Result-Count", strconv.Itoa(len(found)))
	w.Write(text)
}

func (m *MISP) find(query map[string]any) []Attribute {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := []Attribute{}
	for _, a := range m.attributes {
		if !fits(a, query) {
			continue
		}
		if query["includeEventTags"] == true {
			a.Tags = append(slices.Clone(a.Tags), a.Event.Tags...)
		}
		found = append(found, a)
	}
	page, size := number(query["page"]), number(query["limit"])
	if page == 0 || size == 0 {
		return found
	}
	return found[min(len(found), (page-1)*size):min(len(found), page*size)]
}

func fits(a Attribute, query map[string]any) bool {
	if types := words(query["type"]); len(types) > 0 && !slices.Contains(types, a.Type) {
		return false
	}
	if categories := words(query["category"]); len(categories) > 0 && !slices.Contains(categories, a.Category) {
		return false
	}
	if marked, asked := query["to_ids"]; asked && marked != a.ToIDs {
		return false
	}
	if deleted := words(query["deleted"]); a.Deleted && !slices.Contains(deleted, "1") {
		return false
	}
	return number(a.Timestamp) >= number(query["timestamp"]) && tagged(a, words(query["tags"]))
}

// tagged: any of the tags, and none of those with a ! before them.
func tagged(a Attribute, wish []string) bool {
	some, wanted := false, false
	has := func(name string) bool {
		return slices.ContainsFunc(append(slices.Clone(a.Tags), a.Event.Tags...), func(t MISPTag) bool { return strings.EqualFold(t.Name, name) })
	}
	for _, name := range wish {
		if without, not := strings.CutPrefix(name, "!"); not {
			if has(without) {
				return false
			}
			continue
		}
		wanted = true
		some = some || has(name)
	}
	return some || !wanted
}

// words reads what may be one value or a list of them.
func words(v any) (out []string) {
	switch v := v.(type) {
	case []any:
		for _, w := range v {
			out = append(out, fmt.Sprint(w))
		}
	case string:
		out = []string{v}
	}
	return out
}

func number(v any) int {
	if f, ok := v.(float64); ok {
		return int(f)
	}
	n, _ := strconv.Atoi(fmt.Sprint(v))
	return n
}
