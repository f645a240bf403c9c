package firewall

// Fail is what the errors of the kernel become.
var Fail = fail
