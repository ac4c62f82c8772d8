// SPDX-License-Identifier: Apache-2.0
// Recordings: batches one after the other, each with its header, as docs/formats/recording.md describes. Also the form
// in which a tap sends whole batches. Damage is found and never read beyond.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/abi/batch.h>
#include <sonde/result.hpp>

namespace sonde::bus {

// Of a record that is no batch: the last word of a tap, as JSON. Recordings have none.
inline constexpr std::uint32_t schema_of_last_word = 0;

// Appends one batch, with its checksum.
void append_record(std::string& to, const sonde_batch& batch);
void append_last_word(std::string& to, std::string_view json);

// Takes bytes as they come and gives whole batches back.
class record_splitter final {
public:
    static constexpr std::uint64_t largest_body = 256u << 20;

    void add(std::string_view bytes) { waiting_.append(bytes); }
    // The next record, header and body, valid until the next call; nothing while it is not there as a whole. An error
    // is final: what follows cannot be found.
    [[nodiscard]] result<std::optional<std::span<const std::uint8_t>>> next();
    // Bytes that are no whole record.
    [[nodiscard]] std::size_t rest() const noexcept { return waiting_.size() - begin_; }

private:
    std::string waiting_;
    std::size_t begin_ = 0;
    std::vector<std::uint64_t> record_;  // aligned as a header has to be
};

[[nodiscard]] inline const sonde_batch_header& header_of(std::span<const std::uint8_t> record) noexcept {
    return *reinterpret_cast<const sonde_batch_header*>(record.data());
}
[[nodiscard]] inline std::span<const std::uint8_t> body_of(std::span<const std::uint8_t> record) noexcept {
    return record.subspan(header_of(record).header_size);
}

}  // namespace sonde::bus
