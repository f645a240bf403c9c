package tunnel

// pptpRequestSize is the length of Start-Control-Connection-Request.
const pptpRequestSize = 156

// seePPTP knows the first message of the client (RFC 2637 section 2.1): its
// length, 1 for control, the magic cookie, 1 for the request, 0.
func seePPTP(h *heads) State {
	p := h.client
	if len(p) == 0 {
		return No
	}
	want := [...]byte{0, pptpRequestSize, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0}
	for i := range min(len(p), len(want)) {
		if p[i] != want[i] {
			return No
		}
	}
	if len(p) < len(want) {
		return Undecided
	}
	return Yes
}
