// SPDX-License-Identifier: Apache-2.0
// Bounded access to the bytes of a 64-bit shared object: headers, segments, the dynamic table and its string table.
// Nothing is run, nothing outside the given bytes is read, whatever they say. The bytes must outlive the image.
#pragma once

#include <cstdint>
#include <cstring>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <elf.h>

#include "loader/refusal.hpp"

namespace sonde::loader {

struct elf_fault {
    reason why = reason::malformed;
    std::string text;
};

class elf_image final {
public:
    // Checks identity, machine, type, and that all segments and the section table lie inside the bytes.
    [[nodiscard]] static std::expected<elf_image, elf_fault> open(std::string_view bytes);

    // The bytes [offset, offset + size) of the file, or nothing if they are not all there.
    [[nodiscard]] std::optional<std::string_view> slice(std::uint64_t offset, std::uint64_t size) const noexcept;

    // A record at a file offset. Copied: nothing promises alignment.
    template <class Record>
    [[nodiscard]] std::optional<Record> at(std::uint64_t offset) const noexcept {
        const auto bytes = slice(offset, sizeof(Record));
        if (!bytes) {
            return std::nullopt;
        }
        Record record;
        std::memcpy(&record, bytes->data(), sizeof record);
        return record;
    }

    // File offset of an address of the loaded image.
    [[nodiscard]] std::optional<std::uint64_t> offset_of(std::uint64_t address) const noexcept;
    // Value of a tag of the dynamic table: the first, or all.
    [[nodiscard]] std::optional<std::uint64_t> dynamic(std::int64_t tag) const noexcept;
    [[nodiscard]] std::vector<std::uint64_t> all_dynamic(std::int64_t tag) const;
    // File offset of the table that a tag points to.
    [[nodiscard]] std::optional<std::uint64_t> table(std::int64_t tag) const noexcept;
    // A NUL-terminated text of the dynamic string table; empty if there is none.
    [[nodiscard]] std::string_view text(std::uint64_t index) const noexcept;
    // Contents of the segments of a type, with their alignment.
    struct segment {
        std::string_view bytes;
        std::uint64_t alignment = 0;
    };
    [[nodiscard]] std::vector<segment> segments(std::uint32_t type) const;

private:
    explicit elf_image(std::string_view bytes) noexcept : bytes_(bytes) {}
    [[nodiscard]] std::optional<elf_fault> check_identity() const;
    [[nodiscard]] std::optional<elf_fault> read_segments(const Elf64_Ehdr& header);
    void read_dynamic();

    std::string_view bytes_;
    std::vector<Elf64_Phdr> segments_;
    std::vector<Elf64_Dyn> dynamic_;
    std::string_view strings_;
};

}  // namespace sonde::loader
