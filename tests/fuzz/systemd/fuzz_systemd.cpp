// SPDX-License-Identifier: Apache-2.0
// Any bytes as a cursor, as the head of a journal file, and, cut at zero bytes, as the fields of an entry, with small
// limits: what is written is a whole message that is no larger than the limits allow.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "systemd/cursor.hpp"
#include "systemd/entry_builder.hpp"
#include "systemd/journal_files.hpp"

namespace {

using namespace sonde;
using namespace sonde::systemd;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void build(std::string_view bytes) {
    journal_options of;
    of.field_limit = 16;
    of.entry_limit = 256;
    entry_builder builder(of);
    std::vector<std::uint8_t> room((1u << 16) + 64 * bytes.size());
    wire::writer out(room);
    builder.begin(out, {}, "cursor");
    while (!bytes.empty()) {
        const std::size_t end = std::min(bytes.find('\0'), bytes.size());
        builder.add(bytes.substr(0, end));
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
    builder.finish();
    require(!out.overflowed());
    wire::reader in(std::span(room).first(out.size()));
    while (in.next()) {
    }
    require(!in.failed());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto at = parse_cursor(bytes)) {
        static_cast<void>(event_id(*at));
    }
    static_cast<void>(judge_header({data, size}, size));
    build(bytes);
    return 0;
}
