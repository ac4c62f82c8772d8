/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Append-only protobuf wire writer for C and, wrapped by <sonde/wire.hpp>, for C++: it writes into memory that the
 * caller owns and never allocates. After an overflow it writes nothing more and `overflow` stays 1, so one check at the
 * end suffices. Encoding: https://protobuf.dev/programming-guides/encoding/
 */
#pragma once

#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast" /* C casts: this header is C too */
extern "C" {
#endif

/* Bytes taken by the length of a nested message: a varint padded to four bytes, which parsers accept (268 MB). */
#define SONDE_WIRE_LENGTH_SIZE 4

enum { SONDE_WIRE_VARINT = 0, SONDE_WIRE_FIXED64 = 1, SONDE_WIRE_BYTES = 2, SONDE_WIRE_FIXED32 = 5 };

typedef struct sonde_wire {
    uint8_t* begin;
    uint8_t* at;
    uint8_t* end;
    uint32_t overflow;
    uint32_t reserved;
} sonde_wire;

static inline sonde_wire sonde_wire_over(void* data, uint64_t size) {
    sonde_wire wire;
    wire.begin = (uint8_t*)data;
    wire.at = wire.begin;
    wire.end = wire.begin + size;
    wire.overflow = 0;
    wire.reserved = 0;
    return wire;
}

static inline int sonde_wire_room(sonde_wire* wire, uint64_t size) {
    if (wire->overflow || (uint64_t)(wire->end - wire->at) < size) {
        wire->overflow = 1;
        return 0;
    }
    return 1;
}

static inline void sonde_wire_raw_varint(sonde_wire* wire, uint64_t value) {
    if (!sonde_wire_room(wire, 10)) {
        return;
    }
    while (value >= 0x80) {
        *wire->at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *wire->at++ = (uint8_t)value;
}

static inline void sonde_wire_tag(sonde_wire* wire, uint32_t field, uint32_t type) {
    sonde_wire_raw_varint(wire, ((uint64_t)field << 3) | type);
}

/* uint32, uint64, bool, enum and non-negative int fields. A negative int64 is passed as its two's complement. */
static inline void sonde_wire_uint(sonde_wire* wire, uint32_t field, uint64_t value) {
    sonde_wire_tag(wire, field, SONDE_WIRE_VARINT);
    sonde_wire_raw_varint(wire, value);
}

/* sint32 and sint64 fields (zigzag). */
static inline void sonde_wire_sint(sonde_wire* wire, uint32_t field, int64_t value) {
    sonde_wire_uint(wire, field, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

static inline void sonde_wire_fixed64(sonde_wire* wire, uint32_t field, uint64_t value) {
    int i;
    sonde_wire_tag(wire, field, SONDE_WIRE_FIXED64);
    if (!sonde_wire_room(wire, 8)) {
        return;
    }
    for (i = 0; i < 8; i++) {
        *wire->at++ = (uint8_t)(value >> (8 * i));
    }
}

static inline void sonde_wire_double(sonde_wire* wire, uint32_t field, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    sonde_wire_fixed64(wire, field, bits);
}

/* string and bytes fields. */
static inline void sonde_wire_bytes(sonde_wire* wire, uint32_t field, const void* data, uint64_t size) {
    sonde_wire_tag(wire, field, SONDE_WIRE_BYTES);
    sonde_wire_raw_varint(wire, size);
    if (size != 0 && sonde_wire_room(wire, size)) {
        memcpy(wire->at, data, size);
        wire->at += size;
    }
}

static inline void sonde_wire_text(sonde_wire* wire, uint32_t field, const char* text) {
    sonde_wire_bytes(wire, field, text, strlen(text));
}

/* Begin a nested message; pass the returned place to sonde_wire_close. */
static inline uint8_t* sonde_wire_open(sonde_wire* wire, uint32_t field) {
    uint8_t* length;
    sonde_wire_tag(wire, field, SONDE_WIRE_BYTES);
    if (!sonde_wire_room(wire, SONDE_WIRE_LENGTH_SIZE)) {
        return wire->at;
    }
    length = wire->at;
    wire->at += SONDE_WIRE_LENGTH_SIZE;
    return length;
}

static inline void sonde_wire_close(sonde_wire* wire, uint8_t* length) {
    uint64_t size;
    if (wire->overflow) {
        return;
    }
    size = (uint64_t)(wire->at - length) - SONDE_WIRE_LENGTH_SIZE;
    length[0] = (uint8_t)(size | 0x80);
    length[1] = (uint8_t)((size >> 7) | 0x80);
    length[2] = (uint8_t)((size >> 14) | 0x80);
    length[3] = (uint8_t)((size >> 21) & 0x7f);
}

static inline uint64_t sonde_wire_size(const sonde_wire* wire) { return (uint64_t)(wire->at - wire->begin); }

#ifdef __cplusplus
} /* extern "C" */
#pragma GCC diagnostic pop
#endif
