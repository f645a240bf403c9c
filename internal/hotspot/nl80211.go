package hotspot

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"time"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"github.com/mdlayher/wifi"
	"golang.org/x/sys/unix"
)

// radio is a connection to nl80211, the kernel's interface to Wi-Fi cards
// (linux/nl80211.h), for the two things that the wifi library has no words for:
// the name of the network that an interface is part of, and its mode.
type radio struct {
	conn   *genetlink.Conn
	family genetlink.Family
}

// openRadio gives fs.ErrNotExist when the kernel has no Wi-Fi at all.
func openRadio() (*radio, error) {
	conn, err := genetlink.Dial(nil)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(kernelWait)); err != nil {
		shut(conn)
		return nil, err
	}
	family, err := conn.GetFamily(unix.NL80211_GENL_NAME)
	if err != nil {
		shut(conn)
		return nil, err
	}
	return &radio{conn, family}, nil
}

func (r *radio) close() { shut(r.conn) }

func (r *radio) execute(command uint8, flags netlink.HeaderFlags, fill func(*netlink.AttributeEncoder)) ([]genetlink.Message, error) {
	ae := netlink.NewAttributeEncoder()
	if fill != nil {
		fill(ae)
	}
	data, err := ae.Encode()
	if err != nil {
		return nil, err
	}
	m := genetlink.Message{Header: genetlink.Header{Command: command, Version: r.family.Version}, Data: data}
	return r.conn.Execute(m, r.family.ID, netlink.Request|flags)
}

// shut closes what was only asked: that it fails changes nothing.
func shut(c io.Closer) { c.Close() }

// face is one interface of a card, as nl80211 knows it.
type face struct {
	wifi.Interface
	ssid string
}

// faces are the Wi-Fi interfaces of this network namespace.
func (r *radio) faces() (list []face, err error) {
	messages, err := r.execute(unix.NL80211_CMD_GET_INTERFACE, netlink.Dump, nil)
	if err != nil {
		return nil, err
	}
	for _, m := range messages {
		parsed, err := wifi.ParseInterfaces([]genetlink.Message{m})
		if err != nil {
			return nil, err
		}
		ssid, err := ssidOf(m.Data)
		if err != nil {
			return nil, err
		}
		list = append(list, face{*parsed[0], ssid})
	}
	return list, nil
}

func ssidOf(data []byte) (string, error) {
	ad, err := netlink.NewAttributeDecoder(data)
	if err != nil {
		return "", err
	}
	for ad.Next() {
		if ad.Type() == unix.NL80211_ATTR_SSID {
			return string(ad.Bytes()), nil
		}
	}
	return "", ad.Err()
}

// setMode makes an interface something else; it has to be down.
func (r *radio) setMode(index int, mode wifi.InterfaceType) error {
	_, err := r.execute(unix.NL80211_CMD_SET_INTERFACE, netlink.Acknowledge, func(ae *netlink.AttributeEncoder) {
		ae.Uint32(unix.NL80211_ATTR_IFINDEX, uint32(index))
		ae.Uint32(unix.NL80211_ATTR_IFTYPE, uint32(mode))
	})
	return err
}

// find is the interface of that name; false when there is none with a radio.
func find(name string) (face, bool, error) {
	r, err := openRadio()
	if errors.Is(err, fs.ErrNotExist) {
		return face{}, false, nil
	}
	if err != nil {
		return face{}, false, err
	}
	defer r.close()
	list, err := r.faces()
	if err != nil {
		return face{}, false, err
	}
	for _, f := range list {
		if f.Name == name {
			return f, true, nil
		}
	}
	return face{}, false, nil
}

// setAddress gives an interface, which has to be down, another hardware address
// (rtnetlink(7), RTM_NEWLINK with IFLA_ADDRESS).
func setAddress(index int, mac []byte) error {
	conn, err := netlink.Dial(unix.NETLINK_ROUTE, nil)
	if err != nil {
		return err
	}
	defer shut(conn)
	if err := conn.SetDeadline(time.Now().Add(kernelWait)); err != nil {
		return err
	}
	ae := netlink.NewAttributeEncoder()
	ae.Bytes(unix.IFLA_ADDRESS, mac)
	attributes, err := ae.Encode()
	if err != nil {
		return err
	}
	// struct ifinfomsg: family, type, index, flags, change.
	data := binary.NativeEndian.AppendUint32(make([]byte, 4, unix.SizeofIfInfomsg+len(attributes)), uint32(index))
	data = append(append(data, make([]byte, 8)...), attributes...)
	_, err = conn.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.RTM_NEWLINK, Flags: netlink.Request | netlink.Acknowledge},
		Data:   data,
	})
	return err
}
