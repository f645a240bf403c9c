// Package capture reads recordings of network traffic, one packet after the
// other, and finds them in folders. It listens to interfaces, and records what it
// hears. It also writes the one form that simulated traffic is kept in.
//
//	r, err := capture.Open("phone.pcapng.gz", capture.Config{Hash: true})
//	defer r.Close()
//	var p tinycheck.Packet
//	for err = r.Next(&p); err == nil; err = r.Next(&p) { … }
//	if err != io.EOF { … }
//	facts := r.Capture()
//
//	l, err := capture.Listen("wlan0", capture.LiveConfig{Filter: "not port 22", Done: ctx.Done()})
//	w, err := capture.Record(capture.RecordConfig{Path: "phone.pcapng", Interface: "wlan0", Link: l.Link()})
//	switch err := l.Next(&p); {
//	case err == nil:
//		err = w.Write(&p)
//	case errors.Is(err, capture.ErrIdle):
//		w.Count(…); err = w.Flush() // several times a second
//	case errors.Is(err, capture.ErrGone):
//		err = l.Return(ctx); err = w.Away(from, until)
//	}
//	files, err := w.Close()
//
// # Reading
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
// # Listening
//
// Live takes packets out of a ring that the kernel fills (packet(7), TPACKET_V3).
// Everything on the cable or in the air is taken (promiscuous mode), with
// nanoseconds, and VLAN tags where they stood. Nothing comes in before the filter
// is attached. A packet waits in the ring for about 100 ms at most, however thin the
// traffic is. What finds no room, because it is not taken quickly enough, is
// dropped and counted by the kernel: a ring of 16 MiB holds half a second at
// 250 Mbit/s, and more than ten seconds of all that is slower than 10 Mbit/s.
//
// The kernel and the card may join segments of one TCP connection before anybody
// sees them (GRO, LRO), and split them behind us (GSO, TSO): packets of up to
// 64 KiB then stand for several on the wire. They come whole. Longer ones (IPv6
// jumbograms of "BIG TCP", which has to be switched on) are cut after 128 KiB, and
// their Length tells it. Checksums of what this machine sends may not be computed
// yet. On loopback, where the kernel shows each packet twice, it counts once.
//
// The words of a filter (pcap-filter(7)) are compiled by the program tcpdump, as a
// child without any right, to classic BPF. Names of hosts and networks are refused and
// never looked up, because looking up tells others whom somebody listens to; names of
// ports are those of this machine (services(5)) and mean the number in every protocol.
// Words about VLAN tags are refused, because the kernel has taken the tags off when a
// filter looks; all other words look behind the tag.
//
// # Recording
//
// A Recorder writes pcapng: a section header with operating system and program, and
// modes as comments of fixed spelling ("mode: contained"); the interface with name,
// system and filter; packets with their comments; and interface statistics
// (section 4.6): isb_starttime as soon as an interface is described, isb_endtime at
// its end, in between the counters whenever packets were lost, and marks as
// comments. Own drops are isb_filteraccept - isb_osdrop - isb_usrdeliv. When the
// interface goes away and comes back, a further description of the same name
// begins. A Reader tells all that in tinycheck.Capture: Dropped, Away, Modes,
// Comments.
//
// The file holds whole blocks only, and everything up to the last Flush, whenever
// the process is killed; in the moment in which the kernel copies a Flush, the end
// of that may be cut off. It is not synchronised with the disk: what a power cut
// costs, the kernel's write-back decides. Files belong to their owner alone, are
// never written through a link, and replace nothing that was not named. Where they
// turn (RecordConfig.Rotate), phone.pcapng goes on in phone-0002.pcapng; names that
// are taken are passed over, each file is complete in itself, and only a packet
// that is longer makes a file longer. Their SHA-256 is computed on the way.
//
// A recording ends by itself when all files have reached the quota (ErrQuota), when
// the reserve of the file system would be touched, or when it is full (ErrFull). A
// file ends with a whole block even then, and Close tells what there is.
//
// # What it does not do
//
// It does not look inside packets, does not decrypt, keeps no packet, holds no
// queue between listening and recording, and does not read the secrets of pcapng
// (decryption secrets blocks are passed over). It changes no interface.
//
// Memory is bounded whatever a file claims: see the constants in limit.go.
package capture
