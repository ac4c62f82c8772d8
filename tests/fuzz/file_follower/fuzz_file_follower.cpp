// SPDX-License-Identifier: Apache-2.0
// Any bytes, in pieces of any size: what the splitter takes and leaves makes up the input again. And as a position,
// where what is accepted means the same when it is written again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <sonde/collecting/file_follower/line_splitter.hpp>
#include <sonde/collecting/file_follower/position.hpp>

namespace {

using namespace sonde::collecting::file_follower;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void split(std::string_view bytes, std::size_t piece, std::size_t limit) {
    line_splitter lines(limit);
    std::uint64_t offset = 0;
    std::uint64_t passed_over = 0;
    // As a follower: each piece begins behind the last line that was taken, and grows when it holds no line.
    for (std::size_t size = piece; offset < bytes.size();) {
        const std::string_view part = bytes.substr(offset, size);
        const bool is_end = offset + part.size() == bytes.size();
        lines.feed(part, offset, is_end);
        for (line each; lines.next(each); lines.take()) {
            const std::string_view whole = bytes.substr(each.offset, each.size);
            require(each.text == whole.substr(0, limit) && each.is_truncated == (each.size > limit));
            require(whole.find('\n') == std::string_view::npos && (whole.empty() || whole.front() != '\0'));
            require(each.offset == lines.taken());
            require(each.is_unterminated == (each.offset + each.size == bytes.size()));
        }
        size = lines.taken() == offset ? size * 2 : piece;
        offset = lines.taken();
        require(lines.passed_over() >= passed_over);
        passed_over = lines.passed_over();
    }
    require(offset == bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (size > 2) {
        split(bytes.substr(2), 1U + data[0], 1U + data[1]);
    }
    if (const auto read = decode(bytes)) {
        const auto again = decode(encode(*read));
        require(again && *again == *read);
    }
    return 0;
}
