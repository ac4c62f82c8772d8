// SPDX-License-Identifier: Apache-2.0
#include "bus/recording.hpp"

#include <cstring>

#include <fmt/format.h>

#include "bus/batch_header.hpp"
#include "support/crc32c.hpp"

namespace sonde::bus {
namespace {

constexpr std::size_t largest_header = 4096;

void append(std::string& to, sonde_batch_header header, std::span<const std::uint8_t> body) {
    header.header_size = SONDE_BATCH_HEADER_SIZE;
    header.body_size = body.size();
    header.checksum = support::crc32c(body);
    to.append(reinterpret_cast<const char*>(&header), sizeof header);
    to.append(reinterpret_cast<const char*>(body.data()), body.size());
}

}  // namespace

void append_record(std::string& to, const sonde_batch& batch) {
    append(to, *batch.header, {batch.body, static_cast<std::size_t>(batch.body_size)});
}

void append_last_word(std::string& to, std::string_view json) {
    sonde_batch_header header{};
    header.magic = SONDE_BATCH_MAGIC;
    header.header_revision = SONDE_BATCH_HEADER_REVISION;
    header.schema_id = schema_of_last_word;
    header.item_count = 1;
    append(to, header, {reinterpret_cast<const std::uint8_t*>(json.data()), json.size()});
}

result<std::optional<std::span<const std::uint8_t>>> record_splitter::next() {
    const std::string_view waiting = std::string_view(waiting_).substr(begin_);
    if (waiting.size() < SONDE_BATCH_HEADER_SIZE) {
        waiting_.erase(0, begin_);
        begin_ = 0;
        return std::nullopt;
    }
    sonde_batch_header header;
    std::memcpy(&header, waiting.data(), sizeof header);
    if (header.magic != SONDE_BATCH_MAGIC || header.header_size < SONDE_BATCH_HEADER_SIZE ||
        header.header_size > largest_header || header.body_size > largest_body) {
        return fail(errc::invalid, "these bytes are not the header of a batch");
    }
    const std::size_t size = header.header_size + static_cast<std::size_t>(header.body_size);
    if (waiting.size() < size) {
        waiting_.erase(0, begin_);
        begin_ = 0;
        return std::nullopt;
    }
    record_.resize((size + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t));
    auto* const bytes = reinterpret_cast<std::uint8_t*>(record_.data());
    std::memcpy(bytes, waiting.data(), size);
    begin_ += size;
    const std::span<const std::uint8_t> record(bytes, size);
    if (const auto checked = read_header(record); !checked) {
        return std::unexpected(checked.error());
    }
    if (header.checksum != 0 && header.checksum != support::crc32c(body_of(record))) {
        return fail(errc::invalid, fmt::format("the checksum of batch {} of stream {} of lane {} is wrong",
                                               header.sequence, header.stream_id, header.lane_id));
    }
    return record;
}

}  // namespace sonde::bus
