// Package nettest gives tests a network of their own: the real kernel, in
// namespaces that nobody else sees and that are gone afterwards.
//
//	func TestMain(m *testing.M) { nettest.Main(m) }
//
//	func TestLease(t *testing.T) {
//		phone, box := nettest.New(t, "phone"), nettest.New(t, "box")
//		nettest.Veth(t, phone, "wlan1", box, "ap0")
//		box.Run(t, "ip", "addr", "add", "10.0.0.1/24", "dev", "ap0")
//		box.Do(t, func() { … sockets that are opened here are the box's … })
//	}
//
// Main runs the tests again as a child in a new network and mount namespace, and
// in a new user namespace when the caller is not root (user_namespaces(7)): its
// /run and /sys are private. Where the kernel does not allow that, every test
// that asks for a namespace skips and says so. It is imported by tests only,
// sends nothing outside, and changes nothing of the machine.
package nettest
