package dns

import "strconv"

// Type is a record or question type, IANA "Resource Record (RR) TYPEs".
type Type uint16

// The types whose data is read, and those that tell something by themselves.
const (
	TypeA     Type = 1
	TypeNS    Type = 2
	TypeCNAME Type = 5
	TypeSOA   Type = 6
	TypeNULL  Type = 10 // carries anything: tunnels use it
	TypePTR   Type = 12
	TypeMX    Type = 15
	TypeTXT   Type = 16
	TypeAAAA  Type = 28
	TypeSRV   Type = 33
	TypeDNAME Type = 39
	TypeOPT   Type = 41
	TypeSVCB  Type = 64
	TypeHTTPS Type = 65
	TypeANY   Type = 255
)

var typeNames = map[Type]string{
	TypeA: "A", TypeNS: "NS", TypeCNAME: "CNAME", TypeSOA: "SOA", TypeNULL: "NULL", TypePTR: "PTR", TypeMX: "MX", TypeTXT: "TXT",
	TypeAAAA: "AAAA", TypeSRV: "SRV", TypeDNAME: "DNAME", TypeOPT: "OPT", TypeSVCB: "SVCB", TypeHTTPS: "HTTPS", TypeANY: "ANY",
}

// String is the mnemonic, or TYPE and the number (RFC 3597 5).
func (t Type) String() string {
	if s, ok := typeNames[t]; ok {
		return s
	}
	return "TYPE" + strconv.Itoa(int(t))
}

// Class is a class; nearly everything is ClassIN.
type Class uint16

// The classes in use, RFC 1035 3.2.4 and 3.2.5, RFC 2136 2.4.
const (
	ClassIN   Class = 1
	ClassCH   Class = 3
	ClassHS   Class = 4
	ClassNONE Class = 254
	ClassANY  Class = 255
)

// RCode is a response code, with EDNS of 12 bits.
type RCode uint16

// The response codes that say something about a name, RFC 1035 4.1.1.
const (
	NoError  RCode = 0
	FormErr  RCode = 1
	ServFail RCode = 2
	NXDomain RCode = 3
	NotImp   RCode = 4
	Refused  RCode = 5
)

// known says whether a type is assigned, without NIMLOC (32), which on the wire
// is nearly always a NetBIOS name query (RFC 1002 4.2.1.2).
func (t Type) known() bool {
	switch {
	case t == 32:
		return false
	case t >= 1 && t <= 68, t >= 99 && t <= 109, t == 128, t >= 249 && t <= 262, t == 32768, t == 32769:
		return true
	}
	return false
}

// known says whether a class is in use.
func (c Class) known() bool {
	switch c {
	case ClassIN, 2, ClassCH, ClassHS, ClassNONE, ClassANY:
		return true
	}
	return false
}
