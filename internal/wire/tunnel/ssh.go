package tunnel

import (
	"bytes"
	"strings"
)

// MaxBanner bounds an SSH identification (RFC 4253 section 4.2).
const MaxBanner = 255

// seeSSH waits for the identification of either side: SSH-2.0-software SP
// comments CR LF. Lines that a server may send before it are not waited for.
func seeSSH(h *heads) State {
	state := No
	for _, p := range [...][]byte{h.server, h.client} {
		banner, s := parseBanner(p)
		switch s {
		case Yes:
			h.found.Banner = banner
			h.found.Version, _, _ = strings.Cut(banner[len("SSH-"):], "-")
			return Yes
		case Undecided:
			state = Undecided
		}
	}
	return state
}

// parseBanner reads the identification that p starts with. Nothing sent yet
// means No: it is for the other side to be undecided.
func parseBanner(p []byte) (string, State) {
	const prefix = "SSH-"
	n := min(len(p), len(prefix))
	if n == 0 || string(p[:n]) != prefix[:n] {
		return "", No
	}
	// Some end it with NUL, which RFC 4253 forbids.
	end := bytes.IndexAny(p, "\n\x00")
	line := p
	if end >= 0 {
		line = p[:end]
	}
	line = bytes.TrimRight(line, "\r ")
	for _, c := range line {
		if c < ' ' || c > '~' {
			return "", No
		}
	}
	switch {
	case end >= 0 && len(line) <= MaxBanner && bytes.Count(line, []byte("-")) >= 2 && len(line) > 6 && '0' <= line[4] && line[4] <= '9':
		return string(line), Yes
	case end >= 0 || len(line) > MaxBanner:
		return "", No
	}
	return "", Undecided
}
