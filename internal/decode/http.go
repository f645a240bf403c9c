package decode

import (
	"tinycheck"
	"tinycheck/internal/wire/http"
)

// httpMessage tells a request or response, and counts what was uploaded.
func (d *Decoder) httpMessage(m http.Message) {
	switch m.Kind {
	case http.RequestMessage:
		d.side.asks = true
		d.httpRequest(&m.Request)
	case http.ResponseMessage:
		r := &m.Response
		d.event(tinycheck.HTTPResponse{Status: r.Status, ContentType: r.ContentType, Server: r.Server, Location: r.Location, Body: max(0, r.ContentLength)})
	case http.BodyMessage:
		// What was declared and never sent is no upload.
		if d.side.asks && !d.flow.Inward {
			d.flow.Uploaded += m.BodySize
		}
	}
}

// httpRequest names the flow by the host of the request, and by every other
// one that it names.
func (d *Decoder) httpRequest(r *http.Request) {
	d.flow.protocol(tinycheck.ProtocolHTTP)
	d.nameRemote(r.Host, tinycheck.NameHTTP)
	d.event(tinycheck.HTTPRequest{Method: r.Method, Host: r.Host, Path: r.Path, UserAgent: r.UserAgent, ContentType: r.ContentType, Body: max(0, r.ContentLength)})
	for _, other := range r.OtherHosts {
		d.nameRemote(other, tinycheck.NameHTTP)
		d.event(tinycheck.HTTPRequest{Method: r.Method, Host: other, Path: r.Path, UserAgent: r.UserAgent})
	}
}
