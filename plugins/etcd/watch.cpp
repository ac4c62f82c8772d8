// SPDX-License-Identifier: Apache-2.0
#include "etcd/watch.hpp"

#include <algorithm>

namespace sonde::etcd {

void watch::meet(std::uint64_t cluster_id, std::uint64_t revision) {
    last_event_ = 0;
    if (!at_) {
        needs_listing_ = begin_ == begin_at::list;
        at_ = place{cluster_id, needs_listing_ ? 0 : revision};
    } else if (at_->cluster_id != cluster_id) {
        at_ = place{cluster_id, 0};
        miss({"other_cluster", 0, 0});
    } else if (revision < at_->revision) {
        // A watch would wait in silence until the revision is reached again.
        miss({"went_back", revision + 1, 0});
        at_->revision = 0;
    }
}

void watch::compacted(std::uint64_t compact_revision) { miss({"compacted", start_revision(), compact_revision}); }

void watch::miss(const gap_facts& what) noexcept {
    needs_listing_ = true;
    gap_ = what;
}

void watch::listed(std::uint64_t revision) noexcept {
    needs_listing_ = false;
    at_->revision = revision;
}

void watch::told(std::uint64_t revision) noexcept {
    last_event_ = revision;
    if (revision > 0) {
        reach(revision - 1);
    }
}

void watch::finished(const watch_response& response) noexcept {
    if (response.has_more_fragments) {
        return;
    }
    if (response.events > 0) {
        reach(last_event_);
    } else if (!response.is_created && !response.is_canceled) {
        reach(response.header.revision);  // a notice of progress: there was nothing else up to here
    }
}

void watch::reach(std::uint64_t revision) noexcept { at_->revision = std::max(at_->revision, revision); }

}  // namespace sonde::etcd
