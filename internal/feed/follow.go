package feed

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"tinycheck"
)

// follow reads one collection from page to page (TAXII 2.1 sections 3.5, 5.4).
type follow struct {
	*visit
	collection resource
	after      string          // when the last object we know was added; "": from the beginning
	last       string          // the same after reading; "" when the server does not say
	count      int             // of objects
	seen       map[string]bool // pages that were asked for
	bundle     *spool
	parts      int
	first      bool // the next object is the first of its bundle
}

// step is where the next page is.
type step struct{ next, after string }

func (f *follow) read(ctx context.Context) error {
	f.last = f.after
	for s := (step{after: f.after}); ; {
		if len(f.seen) == maxPages {
			return invalid("it has more than %d pages", maxPages)
		}
		f.seen[s.next+"\n"+s.after] = true
		e, last, err := f.page(ctx, s)
		if err != nil {
			return err
		}
		if e.count > 0 {
			f.last = last
		}
		if !e.more {
			break
		}
		if s, err = f.onward(s, e, last); err != nil {
			return err
		}
	}
	return f.finish()
}

// onward: with next the same question is asked again with it; without, the
// question begins where the page ended (section 3.5).
func (f *follow) onward(s step, e envelope, last string) (step, error) {
	if s.next = e.next; e.next == "" {
		s.after = last
	}
	if e.next == "" && last == "" {
		return s, invalid("the server says that there is more, and not where")
	}
	if f.seen[s.next+"\n"+s.after] {
		return s, invalid("the server gives the same page again and again")
	}
	if len(s.next) > maxHeader {
		return s, invalid("the server's mark of the next page is too long")
	}
	return s, nil
}

// page reads one page into the bundle; last is when its last object was added.
func (f *follow) page(ctx context.Context, s step) (e envelope, last string, err error) {
	q := f.taxiiRequest(below(f.collection.at, "objects"))
	values := url.Values{"limit": {strconv.Itoa(taxiiLimit)}}
	if s.after != "" {
		values.Set("added_after", s.after)
	}
	if s.next != "" {
		values.Set("next", s.next)
	}
	q.url.RawQuery = values.Encode()
	a, err := f.ask(ctx, q)
	if err != nil {
		return e, "", err
	}
	defer f.drop(a.spool)
	if e, err = readEnvelope(a.spool.reader(), f.add); err != nil {
		return e, "", tinycheck.Errorf("the answer is no TAXII envelope", kindOf(err), err)
	}
	if last = mark(a.header, "X-TAXII-Date-Added-Last"); !dated(last) {
		last = ""
	}
	return e, last, nil
}

// kindOf is the kind of an error; what has none is the content's fault.
func kindOf(err error) tinycheck.ErrorKind {
	var own *tinycheck.Error
	if errors.As(err, &own) {
		return own.Kind
	}
	return tinycheck.Invalid
}

// add writes one object into the bundle, and begins another when it is full:
// relationships between the two are lost to whoever reads them one by one.
func (f *follow) add(object []byte) error {
	most := min(f.MaxBytes, maxPart)
	if f.bundle != nil && f.bundle.size+int64(len(object))+int64(len(bundleEnd))+1 > most {
		if err := f.finish(); err != nil {
			return err
		}
	}
	if f.bundle == nil {
		if err := f.begin(); err != nil {
			return err
		}
	}
	if !f.first {
		object = append([]byte(",\n"), object...)
	}
	f.first = false
	f.count++
	return f.append(f.bundle, object)
}

const bundleEnd = "]}\n"

func (f *follow) begin() (err error) {
	f.parts++
	name := f.collection.ID
	if f.parts > 1 {
		name = fmt.Sprintf("%s-%d", name, f.parts)
	}
	if f.bundle, err = f.open(name + ".json"); err != nil {
		return err
	}
	f.first = true
	id := named(f.collection.at.String() + "#" + strconv.Itoa(f.parts))
	return f.append(f.bundle, fmt.Appendf(nil, `{"type":"bundle","id":"bundle--%s","objects":[`, id))
}

func (f *follow) finish() error {
	if f.bundle == nil {
		return nil
	}
	err := f.append(f.bundle, []byte(bundleEnd))
	f.bundle = nil
	return err
}

// named makes a UUID of version 5 from a URL (RFC 9562 section 5.5), so that the
// same content gives the same bytes.
func named(at string) string {
	space := [16]byte{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8} // RFC 9562 section 6.6: URL
	sum := sha1.Sum(append(space[:], at...))
	sum[6], sum[8] = sum[6]&0x0f|0x50, sum[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
