// SPDX-License-Identifier: Apache-2.0

// Package nativeheap says how much memory C has in use, for tests.
package nativeheap

// #include <malloc.h>
import "C"

// InUse is what malloc has given out and not got back, in bytes.
func InUse() int {
	info := C.mallinfo2()
	return int(info.uordblks) + int(info.hblkhd)
}
