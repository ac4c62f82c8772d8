// SPDX-License-Identifier: Apache-2.0
// Every text of the store once, counted by its users: names of nodes, namespaces, images and labels repeat by the
// thousand. Equal texts have equal ids, so that they are compared as numbers. The empty text is id 0 and costs nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "enrich_context/store/slot_index.hpp"

namespace sonde::enrich_context::store {

using text_id = std::uint32_t;

class text_pool final {
public:
    explicit text_pool(std::uint64_t seed) : seed_(seed), entries_(1) {}

    // One more user of the text; each `keep` and `share` needs its `drop`.
    [[nodiscard]] text_id keep(std::string_view text);
    text_id share(text_id id) noexcept;
    void drop(text_id id) noexcept;
    // Makes `id` stand for `text` instead; false if it did already.
    bool replace(text_id& id, std::string_view text);

    // 0 if nobody uses the text, or if it is empty.
    [[nodiscard]] text_id find(std::string_view text) const noexcept;
    [[nodiscard]] std::string_view view(text_id id) const noexcept {
        return {entries_[id].text.get(), entries_[id].size};
    }

    [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    struct entry {
        std::unique_ptr<char[]> text;
        std::uint32_t size = 0;
        std::uint32_t users = 0;
    };

    std::uint64_t seed_;
    std::vector<entry> entries_;
    std::vector<text_id> free_;
    slot_index index_;
    std::size_t bytes_ = 0;
};

}  // namespace sonde::enrich_context::store
