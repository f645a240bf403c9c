package quic_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"tinycheck/internal/wire/quic"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const rfcDCID = "8394c8f03e515708"

func TestInitialSecret(t *testing.T) {
	for _, tc := range []struct {
		version    quic.Version
		fromServer bool
		want       string
	}{
		{quic.V1, false, "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea"},
		{quic.V1, true, "3c199828fd139efd216c155ad844cc81fb82fa8d7446fa7d78be803acdda951b"},
		{quic.V2, false, "14ec9d6eb9fd7af83bf5a668bc17a7e283766aade7ecd0891f70f9ff7f4bf47b"},
		{quic.V2, true, "0263db1782731bf4588e7e4d93b7463907cb8cd8200b5da55a8bd488eafc37c1"},
		{quic.Draft29, false, "0088119288f1d866733ceeed15ff9d50902cf82952eee27e9d4d4918ea371d87"},
		{quic.Draft32, false, "0088119288f1d866733ceeed15ff9d50902cf82952eee27e9d4d4918ea371d87"},
		{quic.Draft33, false, "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea"},
	} {
		got, err := quic.InitialSecret(tc.version, unhex(t, rfcDCID), tc.fromServer)
		if err != nil || hex.EncodeToString(got) != tc.want {
			t.Errorf("%v, from server %v: %x, %v; want %s", tc.version, tc.fromServer, got, err, tc.want)
		}
	}
}

// The packet number of RFC 9000 appendix A.3, and both edges of the window.
func TestWholeNumber(t *testing.T) {
	for _, tc := range []struct {
		sent   uint64
		size   int
		expect uint64
		want   uint64
	}{
		{0x9b32, 2, 0xa82f30eb, 0xa82f9b32},
		{0x00, 1, 0x100, 0x100},
		{0x01, 1, 0xff, 0x101},
		{0xff, 1, 0x100, 0xff},
		{0x02, 4, 0, 2},
	} {
		if got := quic.WholeNumber(tc.sent, tc.size, tc.expect); got != tc.want {
			t.Errorf("%x of %d bytes near %x: %x, want %x", tc.sent, tc.size, tc.expect, got, tc.want)
		}
	}
}

// message cuts the CRYPTO frame of a vector down to its data.
func message(t testing.TB, frames string, headLen int) []byte {
	return unhex(t, frames)[headLen:]
}

func TestSealGivesTheStandardsPackets(t *testing.T) {
	dcid, serverCID := unhex(t, rfcDCID), unhex(t, "f067a5502a4262b5")
	for _, tc := range []struct {
		name string
		c    quic.Config
		want string
	}{
		{"RFC 9001 A.2", quic.Config{Version: quic.V1, DCID: dcid, PacketNumber: 2,
			Crypto: message(t, rfcClientFrame, 4), PadTo: 1200}, rfc9001Client},
		{"RFC 9369 A.2", quic.Config{Version: quic.V2, DCID: dcid, PacketNumber: 2,
			Crypto: message(t, rfcClientFrame, 4), PadTo: 1200}, rfc9369Client},
		{"RFC 9001 A.3", quic.Config{Version: quic.V1, SCID: serverCID, Original: dcid, PacketNumber: 1,
			PacketNumberLen: 2, Frames: unhex(t, rfcServerFrames), FromServer: true}, rfc9001Server},
		{"RFC 9369 A.3", quic.Config{Version: quic.V2, SCID: serverCID, Original: dcid, PacketNumber: 1,
			PacketNumberLen: 2, Frames: unhex(t, rfcServerFrames), FromServer: true}, rfc9369Server},
	} {
		got, err := quic.SealInitial(tc.c)
		if err != nil || hex.EncodeToString(got) != tc.want {
			t.Errorf("%s: %v\n got %x\nwant %s", tc.name, err, got, tc.want)
		}
	}
	for _, tc := range []struct {
		version quic.Version
		want    string
	}{{quic.V1, rfc9001Retry}, {quic.V2, rfc9369Retry}} {
		got, err := quic.SealRetry(quic.RetryConfig{Version: tc.version, SCID: serverCID, Original: dcid, Token: []byte("token")})
		if err != nil || hex.EncodeToString(got) != tc.want {
			t.Errorf("Retry of %v: %v\n got %x\nwant %s", tc.version, err, got, tc.want)
		}
	}
}

func TestSeeReadsTheStandardsPackets(t *testing.T) {
	for _, tc := range []struct {
		version        quic.Version
		client, server string
	}{{quic.V1, rfc9001Client, rfc9001Server}, {quic.V2, rfc9369Client, rfc9369Server}} {
		t.Run(tc.version.String(), func(t *testing.T) {
			var r record
			r.see(t, unhex(t, tc.client), true)
			r.see(t, unhex(t, tc.server), false)
			if got, want := r.client(), message(t, rfcClientFrame, 4); !bytes.Equal(got, want) {
				t.Errorf("client:\n got %x\nwant %x", got, want)
			}
			if got, want := r.server(), message(t, rfcServerFrames, 9); !bytes.Equal(got, want) {
				t.Errorf("server:\n got %x\nwant %x", got, want)
			}
			want := quic.Facts{DCIDLen: 8, Handshakes: 1, Decrypted: 2}
			if r.Facts() != want || r.Version() != tc.version {
				t.Errorf("facts %+v, version %v", r.Facts(), r.Version())
			}
		})
	}
}

func TestSeeReadsTheStandardsRetry(t *testing.T) {
	for client, retry := range map[string]string{rfc9001Client: rfc9001Retry, rfc9369Client: rfc9369Retry} {
		var r record
		r.see(t, unhex(t, client), true)
		damaged := unhex(t, retry)
		damaged[len(damaged)-1] ^= 1
		r.see(t, damaged, false)
		if f := r.Facts(); f.RetrySeen || f.Malformed != 1 {
			t.Errorf("damaged Retry: %+v", f)
		}
		r.see(t, unhex(t, retry), false)
		if f := r.Facts(); !f.RetrySeen || f.Malformed != 1 {
			t.Errorf("Retry: %+v", f)
		}
	}
}
