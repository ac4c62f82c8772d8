// SPDX-License-Identifier: Apache-2.0
// The listing of one range, page by page, all as of one revision: which page to ask for, what an answer means. Knows no
// connection.
#pragma once

#include <cstdint>
#include <string>

#include "etcd/messages.hpp"

namespace sonde::etcd {

class resync {
public:
    resync(key_range of, std::uint64_t page, bool is_keys_only)
        : range_(std::move(of)), page_(page), is_keys_only_(is_keys_only), next_(range_.begin) {}

    // The request for the next page.
    [[nodiscard]] std::string request() const;
    // A page has been told. The first one settles the revision.
    void took(const range_page& page);
    // The revision was compacted meanwhile: everything is listed anew.
    void restart();
    // The answer was too large: false if it had one key only.
    [[nodiscard]] bool shrink() noexcept;

    [[nodiscard]] bool is_done() const noexcept { return is_done_; }
    // Of the store as it is told; 0 before the first page.
    [[nodiscard]] std::uint64_t revision() const noexcept { return revision_; }
    [[nodiscard]] std::uint64_t keys() const noexcept { return keys_; }
    [[nodiscard]] unsigned restarts() const noexcept { return restarts_; }
    [[nodiscard]] bool is_keys_only() const noexcept { return is_keys_only_; }

private:
    key_range range_;
    std::uint64_t page_;
    bool is_keys_only_;
    std::string next_;
    std::uint64_t revision_ = 0;
    std::uint64_t keys_ = 0;
    unsigned restarts_ = 0;
    bool is_done_ = false;
};

}  // namespace sonde::etcd
