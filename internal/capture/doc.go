// Package capture reads recordings of network traffic, one packet after the
// other, and finds them in folders. It also writes the one form that simulated
// traffic is kept in.
//
//	r, err := capture.Open("phone.pcapng.gz", capture.Config{Hash: true})
//	defer r.Close()
//	var p tinycheck.Packet
//	for err = r.Next(&p); err == nil; err = r.Next(&p) { … }
//	if err != io.EOF { … }
//	facts := r.Capture()
//
// What is read:
//   - pcap (draft-ietf-opsawg-pcap): both byte orders, micro- and nanoseconds,
//     the modified form with 24-byte record headers, the swapped lengths of
//     versions before 2.4;
//   - pcapng (draft-ietf-opsawg-pcapng): sections of differing byte order, several
//     interfaces with their own link type and clock, packets in enhanced, simple
//     and obsolete blocks, interface statistics, name resolution, comments;
//   - snoop version 2 (RFC 1761);
//   - each of them inside gzip (RFC 1952) or zstd (RFC 8878), packed at most twice;
//   - from a file, a pipe, or a file that is still being written (Config.Follow).
//
// What it does not do: it does not look inside packets, does not decrypt, keeps
// no packet, writes no file of its own, and does not read the secrets of pcapng
// (decryption secrets blocks are passed over).
//
// Damage is normal. Everything readable before the damage is delivered; where a
// record or block is broken, the next place where records plausibly go on is
// looked for within a bounded distance; every defect is counted by kind with the
// offset of its first place (tinycheck.Damage). A record cut off by the end of
// the file is counted and not delivered, so packet numbers and counts agree with
// those that Wireshark shows. Next returns an error other than io.EOF only when
// the operating system could not read.
//
// A live recording with damage, or whose clock jumps by more than a day, is held up
// until enough was written to judge it (some KiB for a jump, up to 2 MiB for damage).
//
// Memory is bounded whatever a file claims: see the constants in limit.go.
package capture
