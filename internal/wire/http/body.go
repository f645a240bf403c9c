package http

import (
	"bytes"
	"strconv"
	"strings"
)

// contentLength is the declared length, or -1. A list of equal numbers counts
// as one (RFC 9112 section 6.3).
func (h *head) contentLength() int64 {
	first, _, _ := strings.Cut(h.values[fieldContentLength], ",")
	first = strings.TrimSpace(first)
	if first == "" || !isDigit(first[0]) {
		return -1
	}
	n, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// chunked tells whether chunked is the last transfer coding.
func (h *head) chunked() bool {
	codings := h.values[fieldTransferEncoding]
	last := strings.TrimSpace(codings[strings.LastIndexByte(codings, ',')+1:])
	return strings.EqualFold(last, "chunked")
}

// framing is where a body ends.
type framing uint8

const (
	framingNone framing = iota
	framingLength
	framingChunked
	framingClose // at the end of the stream
	framingLost  // cannot be known
)

// requestFraming and responseFraming follow RFC 9112 section 6.3.
func (h *head) requestFraming() framing {
	switch {
	case h.chunked():
		return framingChunked
	case h.values[fieldTransferEncoding] != "":
		return framingLost
	case h.values[fieldContentLength] == "":
		return framingNone
	case h.contentLength() < 0:
		return framingLost
	}
	return framingLength
}

func (h *head) responseFraming(asked question) framing {
	status := h.line.status
	switch {
	case asked == askedHead, status/100 == 1, status == 204, status == 304:
		return framingNone
	case h.chunked():
		return framingChunked
	case h.values[fieldTransferEncoding] != "" || h.contentLength() < 0:
		return framingClose
	}
	return framingLength
}

// parseChunkSize reads the line in front of a chunk: hexadecimal size, then
// extensions, which are ignored (RFC 9112 section 7.1).
func parseChunkSize(line []byte) (int64, bool) {
	digits, _, _ := bytes.Cut(line, []byte(";"))
	digits = bytes.Trim(digits, " \t")
	if len(digits) == 0 || len(digits) > 15 { // 15 digits fit an int64
		return 0, false
	}
	var n int64
	for _, c := range digits {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if d < 0 || c < '0' {
			return 0, false
		}
		n = n<<4 | int64(d)
	}
	return n, true
}
