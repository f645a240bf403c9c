// Package child runs programs under us: with only the capabilities that they
// need, gone when we are gone, their last words kept.
//
//	program, err := child.Find("hostapd", "hostapd")
//	err = child.Private(folder)
//	err = child.WriteFile(filepath.Join(folder, "hostapd.conf"), conf)
//	c, err := child.Start(child.Config{
//		Name: "hostapd", Program: program, Args: []string{"hostapd.conf"}, Folder: folder,
//		Capabilities: []uintptr{unix.CAP_NET_ADMIN, unix.CAP_NET_RAW},
//	})
//	select {
//	case <-c.Done():
//		err = c.Err() // "run hostapd: exit status 1; its last words: …"
//	case <-ctx.Done():
//		err = c.Stop(2 * time.Second)
//	}
//
// # What a child is
//
// When we are root it runs as another user (RunAs); in any case it has the
// capabilities that were named and no others, and can never get more
// (no_new_privs, see capabilities(7) and prctl(2)). It has a session of its own,
// so that Ctrl-C on a terminal does not reach it, an empty standard input, three
// lines of environment, the umask 0077, and none of our files. It starts in the
// network namespace of the thread that calls Start.
//
// The kernel kills it when we end, however we end (PR_SET_PDEATHSIG). That
// signal comes when the thread that started it ends, not the process: therefore
// every child has a thread of ours to itself, which sheds all privileges before
// it starts the child and waits until the child has ended. What a child started
// itself is killed when the child ends while we live; when we are killed it is
// the child's to look after.
//
// # What it does not do
//
// It starts nothing again: whoever owns the child decides that. It gives no way
// to write to a child, and knows no program. Lines are cut, counted and cleaned
// of control characters (limit.go), but they are foreign text all the same.
//
// # Failure
//
// Every error is a tinycheck.Error: Unavailable when a program is not installed,
// a capability is missing or a child ended by itself, with what to do or its
// last words; Invalid for a configuration that cannot be; Conflict for a folder
// that belongs to somebody else; Busy for a child that does not even end when
// killed. A Start that fails leaves nothing behind.
package child
