package exchange

import (
	"bufio"
	"slices"
	"strings"

	"tinycheck"
)

// A flat list says nothing about itself. One that names what every phone talks
// to is no list of spies, whatever it is: lists of popular names and allow-lists
// look just the same. A single one among others is a mistake of its maker.

const (
	reasonOrdinary  = "names an ordinary service: it would accuse every phone"
	refusedOrdinary = "it names the most ordinary services of the world: it is a list of popular names or an allow-list, not of indicators"
	tooOrdinary     = 3 // different ones
)

// ordinary is the closed list of names that no flat list may accuse.
func ordinary(name string) bool {
	switch name {
	case "google.com", "facebook.com", "youtube.com", "apple.com", "whatsapp.com", "instagram.com", "microsoft.com",
		"amazon.com", "wikipedia.org", "twitter.com", "netflix.com", "icloud.com", "gstatic.com", "googleapis.com":
		return true
	}
	return false
}

// flat takes an entry of a list that says nothing about it.
func (b *book) flat(line int, raw string, like tinycheck.Indicator) {
	found, port, err := entry(raw)
	if err != nil {
		b.reject(line, raw, err.Error())
		return
	}
	if port != "" {
		like.Tags = append(slices.Clip(like.Tags), "port:"+port)
	}
	like.Observable = found
	b.flatPut(line, like)
}

func (b *book) flatPut(line int, i tinycheck.Indicator) {
	if i.Type == tinycheck.DomainName && ordinary(i.Value) {
		b.ordinary[i.Value] = true
		b.reject(line, i.Value, reasonOrdinary)
		return
	}
	b.put(line, i)
}

// ordinarySample reads the sample with a book of its own, to refuse a list as a
// whole before anything of it is given.
func ordinarySample(f format, b *book) error {
	if !flatFormats[f.name] {
		return nil
	}
	text := b.sample.whole()
	trial := newBook(b.feed.Name)
	trial.sample = b.sample
	_ = f.read(bufio.NewReader(strings.NewReader(text)), trial) // its errors come again
	if len(trial.ordinary) >= tooOrdinary {
		return unsupported(refusedOrdinary)
	}
	return nil
}

// flatFormats are the formats whose entries state no class.
var flatFormats = map[string]bool{"list": true, "hosts": true, "csv": true, "maltrail": true, "dataset": true, "json-list": true}
