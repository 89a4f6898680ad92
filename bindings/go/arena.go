// SPDX-License-Identifier: Apache-2.0

package berth

// #include <stdlib.h>
// #include "native_bridge.h"
import "C"

import (
	"fmt"
	"strings"
	"unsafe"
)

// arena is C memory for parameters, freed all at once.
type arena struct {
	memory []unsafe.Pointer
	failed error // the first parameter that C cannot take
}

// forget frees all but the first pieces.
func (a *arena) forget(pieces int) {
	for _, memory := range a.memory[pieces:] {
		C.free(memory)
	}
	a.memory = a.memory[:pieces]
}

// allocate gives zeroed C memory until the end of the arena.
func (a *arena) allocate(bytes uintptr) unsafe.Pointer {
	memory := C.calloc(1, C.size_t(bytes))
	if memory == nil {
		a.refuse(&Error{Status: ErrNoMemory})
		return nil
	}
	a.memory = append(a.memory, memory)
	return memory
}

func (a *arena) refuse(err error) {
	if a.failed == nil {
		a.failed = err
	}
}

// required copies a string to C until the end of the arena.
func (a *arena) required(s string) *C.char {
	if strings.IndexByte(s, 0) >= 0 {
		a.refuse(&Error{Status: ErrArgument, Detail: fmt.Sprintf("%q has a NUL byte", s)})
		s = ""
	}
	copied := C.CString(s)
	a.memory = append(a.memory, unsafe.Pointer(copied))
	return copied
}

// optional is required, but "" is NULL.
func (a *arena) optional(s string) *C.char {
	if s == "" {
		return nil
	}
	return a.required(s)
}

// strings copies a list of strings to C until the end of the arena.
func (a *arena) strings(list []string) **C.char {
	first := (**C.char)(a.allocate(uintptr(len(list)+1) * unsafe.Sizeof((*C.char)(nil))))
	if first != nil {
		for i, native := 0, unsafe.Slice(first, len(list)); i < len(list); i++ {
			native[i] = a.required(list[i])
		}
	}
	return first
}

// words is a space-separated list, or NULL. An id with a space would be read as two.
func (a *arena) words(list []string) *C.char {
	for _, word := range list {
		if word == "" || strings.ContainsAny(word, " \t\r\n") {
			a.refuse(&Error{Status: ErrArgument, Detail: fmt.Sprintf("%q cannot be named in a list: white space", word)})
		}
	}
	return a.optional(strings.Join(list, " "))
}
