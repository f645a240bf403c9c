package exchange

import (
	"strings"

	"tinycheck"
)

// column is what a column of a table is good for.
type column int

// The columns; of those that hold what to look for, the first that is filled in
// a row is taken: an address beside a name is where the name once was.
const (
	colValue column = iota
	colURL
	colDomain
	colHost
	colAddress
	colJA3
	colJA4
	colCertificate
	colJARM
	colC2
	colWebsite
	colForeign // what no traffic shows: of interest only where nothing else is
	colSHA1    // of a file, or of a certificate where abuse.ch says so
	colType
	colFamily
	colName // a family where there is no better column
	colReason
	colClass
	colInfrastructure
	colCategory
	colTLP
	colConfidence
	colFirst
	colDate
	colLast
	colUntil
	colID
	colReference
	colDetect
	colLevel
	colDescription
	columns
)

// columnNames are the names of columns as publishers write them, in small
// letters, without what is neither letter nor digit.
var columnNames = map[string]column{
	"value": colValue, "indicator": colValue, "indicators": colValue, "ioc": colValue, "iocs": colValue, "iocvalue": colValue,
	"observable": colValue, "indicatorvalue": colValue, "attributevalue": colValue, "trail": colValue,
	"url": colURL, "urls": colURL, "uri": colURL, "phishurl": colURL,
	"domain": colDomain, "domains": colDomain, "domainname": colDomain, "fqdn": colDomain,
	"host": colHost, "hostname": colHost, "hosts": colHost, "server": colHost,
	"ip": colAddress, "ips": colAddress, "ipaddress": colAddress, "address": colAddress, "ipv4": colAddress, "ipv6": colAddress,
	"dstip": colAddress, "dst": colAddress, "cidr": colAddress, "iprange": colAddress, "ipport": colAddress,
	"ja3": colJA3, "ja3md5": colJA3, "ja3hash": colJA3, "ja3fingerprint": colJA3, "ja3fingerprintmd5": colJA3,
	"ja4": colJA4, "ja4fingerprint": colJA4,
	"certsha1": colCertificate, "sslsha1": colCertificate, "certificatesha1": colCertificate, "x509fingerprintsha1": colCertificate,
	"certsha256": colCertificate, "certificatesha256": colCertificate, "x509fingerprintsha256": colCertificate, "sha1fingerprint": colCertificate,
	"jarm": colJARM, "jarmhash": colJARM, "jarmfingerprint": colJARM,
	"c2": colC2, "c2server": colC2, "c2domain": colC2, "cnc": colC2,
	"website": colWebsite, "websites": colWebsite,
	"sha256": colForeign, "md5": colForeign, "sha512": colForeign, "hash": colForeign, "sha256hash": colForeign, "md5hash": colForeign,
	"email": colForeign, "filename": colForeign, "packagename": colForeign, "package": colForeign, "appid": colForeign,
	"sha1": colSHA1, "sha1hash": colSHA1,
	"type": colType, "kind": colType, "ioctype": colType, "indicatortype": colType, "observabletype": colType,
	"family": colFamily, "app": colFamily, "malware": colFamily, "malwarefamily": colFamily, "malwareprintable": colFamily,
	"threat": colFamily, "product": colFamily, "campaign": colFamily, "appname": colFamily, "name": colName,
	"listingreason": colReason, "signature": colFamily,
	"class": colClass, "tag": colClass, "infrastructure": colInfrastructure, "category": colCategory, "tags": colCategory, "threattype": colCategory,
	"tlp": colTLP, "confidence": colConfidence, "confidencelevel": colConfidence, "score": colConfidence,
	"firstseen": colFirst, "firstseenutc": colFirst, "validfrom": colFirst,
	"date": colDate, "dateadded": colDate, "listingdate": colDate, "created": colDate, "timestamp": colDate, "updated": colDate,
	"lastseen": colLast, "lastseenutc": colLast, "lastonline": colLast, "modified": colLast,
	"validuntil": colUntil, "expires": colUntil,
	"uuid": colID, "id": colID, "iocid": colID, "source": colReference, "reference": colReference, "link": colReference,
	"toids": colDetect, "threatlevel": colLevel, "severity": colLevel,
	"comment": colDescription, "description": colDescription, "notes": colDescription,
}

// heading says where the columns are: index + 1, 0 for none.
type heading struct {
	at    [columns]int
	known int
	names []string
	comma rune
}

// headed reads the cells of a header; of two columns for the same the first
// counts. A cell like "IP/domain/ASN" is what its first known word says.
func headed(cells []string) heading {
	h := heading{names: cells}
	for n, cell := range cells {
		col, ok := columnNames[letters(cell)]
		for part := range strings.SplitSeq(cell, "/") {
			if !ok {
				col, ok = columnNames[letters(part)]
			}
		}
		if !ok {
			continue
		}
		h.known++
		if h.at[col] == 0 {
			h.at[col] = n + 1
		}
	}
	if h.at[colReason] > 0 && h.at[colSHA1] > 0 && h.at[colCertificate] == 0 {
		h.at[colCertificate], h.at[colSHA1] = h.at[colSHA1], 0 // abuse.ch SSLBL: "Listingdate,SHA1,Listingreason"
	}
	return h
}

func letters(cell string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, cell)
}

// looks reports whether there is a column of things to look for.
func (h *heading) looks() bool {
	for col := colValue; col <= colSHA1; col++ {
		if h.at[col] > 0 {
			return true
		}
	}
	return false
}

// cell gives the cell of a column; "" where the row is too short.
func (h *heading) cell(row []string, col column) string {
	if n := h.at[col]; n > 0 && n <= len(row) {
		return strings.TrimSpace(row[n-1])
	}
	return ""
}

// found gives what a row is about, and from which column.
func (h *heading) found(row []string) (string, column) {
	for col := colValue; col <= colSHA1; col++ {
		if text := h.cell(row, col); text != "" {
			return text, col
		}
	}
	return "", colValue
}

// columnTypes are the types that a column gives where no other column does.
var columnTypes = map[column]string{
	colJA3: "ja3", colJA4: "ja4", colJARM: "jarm", colCertificate: "x509-fingerprint-sha1", colSHA1: "sha1",
}

// columnClasses are the classes that a column states by its name.
var columnClasses = map[column]tinycheck.Class{colC2: tinycheck.ClassC2, colWebsite: tinycheck.ClassWebsite}
