// SPDX-License-Identifier: Apache-2.0
#include "etcd/resync.hpp"

#include <algorithm>

namespace sonde::etcd {

std::string resync::request() const { return range_request(next_, range_.end, {revision_, page_, is_keys_only_}); }

void resync::took(const range_page& page) {
    revision_ = revision_ == 0 ? page.header.revision : revision_;
    keys_ += page.pairs.size();
    is_done_ = !page.has_more || page.pairs.empty();
    if (!is_done_) {
        next_ = page.pairs.back().key;
        next_.push_back('\0');  // the least key after it
    }
}

void resync::restart() {
    next_ = range_.begin;
    revision_ = 0;
    keys_ = 0;
    ++restarts_;
}

bool resync::shrink() noexcept {
    const bool can = page_ > 1;
    page_ = std::max<std::uint64_t>(page_ / 4, 1);
    return can;
}

}  // namespace sonde::etcd
