package exchange

import "tinycheck"

// Plain lists for other programs: names to block, or one value per line. They
// say nothing about what an entry means, so only what accuses is in them.

type hostsShape struct{ *export }

func openHosts(x *export) shape {
	x.heading()
	return hostsShape{x}
}

func (s hostsShape) write(i *tinycheck.Indicator) string {
	switch {
	case i.Type != tinycheck.DomainName:
		return leftType
	case !accuses(i.Class):
		return leftClass
	case own(i.Value):
		return leftOwn
	case !s.first(i):
		return leftTwice
	}
	s.text("0.0.0.0 ", i.Value, "\n")
	return ""
}

func (hostsShape) close() {}

type listShape struct{ *export }

func openList(x *export) shape {
	x.heading()
	return listShape{x}
}

func (s listShape) write(i *tinycheck.Indicator) string {
	switch i.Type {
	case tinycheck.DomainName, tinycheck.IPv4Addr, tinycheck.IPv6Addr, tinycheck.URL:
	default:
		return leftType
	}
	switch {
	case !accuses(i.Class):
		return leftClass
	case !s.first(i):
		return leftTwice
	}
	s.text(i.Value, "\n")
	return ""
}

func (listShape) close() {}

// first reports that a value was not written yet; families make no difference
// here.
func (x *export) first(i *tinycheck.Indicator) bool {
	return x.give(made(string(i.Type), i.Value))
}

// heading says in comments what the list is.
func (x *export) heading() {
	if x.about.Name != "" {
		x.text("# ", x.about.Name, "\n")
	}
	if x.about.Licence != "" {
		x.text("# licence: ", x.about.Licence, "\n")
	}
	if !x.about.Date.IsZero() {
		x.text("# date: ", x.about.Date.Format("2006-01-02"), "\n")
	}
}
