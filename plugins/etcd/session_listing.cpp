// SPDX-License-Identifier: Apache-2.0
// Telling a range as it is: the gap that made it necessary, a key at a time, and that this was all.
#include <algorithm>

#include "etcd/session.hpp"

namespace sonde::etcd {
namespace {

namespace rpc = common::grpc;

constexpr unsigned most_restarts = 8;  // of one listing

}  // namespace

void session::list_next() {
    const auto next = std::find_if(rows_.begin(), rows_.end(), [](const row& each) { return each.of.needs_listing(); });
    if (listing_ || next == rows_.end()) {
        return;
    }
    meters_->listings.add();
    const auto i = static_cast<std::size_t>(next - rows_.begin());
    listing_.emplace(listing{i, resync(next->of.range(), of_->page_size, !of_->values.has_values)});
}

// What follows from where the listing is, as far as there is room.
void session::go_on_listing() {
    while (listing_ && !lost_ && out_->has_reader_of_events()) {
        watch& of = rows_[listing_->row].of;
        switch (listing_->next) {
        case listing_step::tell_gap:
            if (const auto& missed = of.untold_gap()) {
                if (!out_->missed(cluster_id_, of.range(), *missed)) {
                    return;
                }
                (missed->reason == "compacted"       ? meters_->gaps_compacted
                 : missed->reason == "other_cluster" ? meters_->gaps_other_cluster
                                                     : meters_->gaps_went_back)
                    .add();
                of.gap_told();
            }
            listing_->next = listing_step::ask;
            break;
        case listing_step::ask: ask_page(); return;
        case listing_step::wait: return;
        case listing_step::tell_page:
            if (!tell_page()) {
                return;
            }
            break;
        case listing_step::tell_synced:
            if (!out_->synced(cluster_id_, of.range(), listing_->pages.revision(), listing_->pages.keys())) {
                return;
            }
            finish_listing();
            break;
        }
    }
}

void session::ask_page() {
    listing_->next = listing_step::wait;
    ask(range_method, listing_->pages.request(), &session::take_page);
}

bool session::ask_otherwise(const rpc::outcome& how) {
    resync& pages = listing_->pages;
    if (is_compacted(how) && pages.restarts() < most_restarts) {
        meters_->listing_restarts.add();
        pages.restart();
    } else if (how.why != rpc::code::resource_exhausted || !pages.shrink()) {
        return false;
    }
    ask_page();
    return true;
}

void session::take_page(bytes answer) {
    listing_->page.assign(answer.begin(), answer.end());
    listing_->told = 0;
    listing_->next = listing_step::tell_page;
}

bool session::tell_page() {
    range_page page;
    if (!read_range(listing_->page, page) || page.header.revision == 0) {
        meters_->malformed.add();
        lose({"not_etcd", at().text + " answers something else than etcd"});
        return false;
    }
    resync& pages = listing_->pages;
    const std::uint64_t revision = pages.revision() == 0 ? page.header.revision : pages.revision();
    for (; listing_->told < page.pairs.size(); ++listing_->told) {
        const key_value& each = page.pairs[listing_->told];
        if (!out_->listed(cluster_id_, revision, each, pages.is_keys_only())) {
            return false;
        }
    }
    pages.took(page);
    listing_->next = pages.is_done() ? listing_step::tell_synced : listing_step::ask;
    return true;
}

void session::finish_listing() {
    const std::size_t i = listing_->row;
    rows_[i].of.listed(listing_->pages.revision());
    listing_.reset();
    reached(i);
    follow(i);
    list_next();
}

}  // namespace sonde::etcd
