// Package recording watches an interface while somebody uses a phone: every packet
// goes to a capture file and to the analysis at once, and what is found is told
// while it happens.
//
//	r, err := recording.Start(ctx, recording.Config{Interface: "wlan0", File: "phone.pcapng", Analysis: …})
//	for range r.Changes() { show(r.Now()) }
//	result, err := r.Stop()
//
// It conducts internal/capture (listen, record) and internal/analysis (the line).
// One goroutine does both, packet by packet, out of the kernel's ring: there is no
// queue of our own that could grow. What the ring could not take, the kernel counts.
//
// The report at the end is the one that "tinycheck analyze" gives for the file:
// same packets, same line. Where files rotate, that is true of all of them together.
//
// It opens no network (see internal/gateway), keeps nothing but the file it is
// told to write, and knows no words. A recording ends in a stated way (Ending):
// because it was told to, because its time was over, or because the disk was full
// or the interface failed; whatever the reason, what was seen until then is
// answered and kept.
package recording
