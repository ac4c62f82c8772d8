// SPDX-License-Identifier: Apache-2.0
#include "k8s/packer.hpp"

#include <new>

#include <zlib.h>

namespace sonde::k8s {
namespace {

constexpr int window = -15;  // raw deflate: no header, no checksum
constexpr int memory = 8;
constexpr int level = 3;  // measured on pods: a quarter smaller than level 1, and far faster than 6

// zlib takes non-const pointers to what it only reads.
Bytef* bytes_of(std::string_view text) noexcept {
    return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
}

}  // namespace

struct packer::state {
    z_stream deflater{};
    z_stream inflater{};

    state() {
        if (deflateInit2(&deflater, level, Z_DEFLATED, window, memory, Z_DEFAULT_STRATEGY) != Z_OK) {
            throw std::bad_alloc();
        }
        if (inflateInit2(&inflater, window) != Z_OK) {
            deflateEnd(&deflater);
            throw std::bad_alloc();
        }
    }
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() {
        deflateEnd(&deflater);
        inflateEnd(&inflater);
    }
};

packer::packer() : state_(std::make_unique<state>()) {}
packer::packer(packer&&) noexcept = default;
packer& packer::operator=(packer&&) noexcept = default;
packer::~packer() = default;

void packer::pack(std::string_view text, std::string_view dictionary, std::string& out) {
    z_stream& stream = state_->deflater;
    deflateReset(&stream);
    if (!dictionary.empty()) {
        deflateSetDictionary(&stream, bytes_of(dictionary), static_cast<uInt>(dictionary.size()));
    }
    out.resize(deflateBound(&stream, text.size()));
    stream.next_in = bytes_of(text);
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);  // the bound makes room for all of it
    out.resize(stream.total_out);
}

bool packer::unpack(std::string_view packed, std::size_t size, std::string_view dictionary, std::string& out) {
    z_stream& stream = state_->inflater;
    inflateReset(&stream);
    if (!dictionary.empty()) {
        inflateSetDictionary(&stream, bytes_of(dictionary), static_cast<uInt>(dictionary.size()));
    }
    const std::size_t begin = out.size();
    out.resize(begin + size);
    stream.next_in = bytes_of(packed);
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + begin);
    stream.avail_out = static_cast<uInt>(size);
    return inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.total_out == size;
}

}  // namespace sonde::k8s
