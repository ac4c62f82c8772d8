// SPDX-License-Identifier: Apache-2.0
#include "bus/batch_ref.hpp"

#include "bus/received.hpp"
#include "bus/slab.hpp"

namespace sonde::bus {

namespace {

void let_go(received* owned) noexcept {
    if (owned != nullptr && owned->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        delete owned;
    }
}

}  // namespace

received::~received() {
    if (from) {  // accepted, so the body lies in a chunk
        chunk::of(body.bytes().data())->handovers.fetch_add(1, std::memory_order_release);
    }
}

void received::show(const sonde_batch_header& header) noexcept {
    const auto name = topic.bytes();
    view.struct_size = sizeof view;
    view.item_count = header.item_count;
    view.header = &header;
    view.topic = {reinterpret_cast<const char*>(name.data()), name.size()};
    view.body = body.bytes().data() + header.header_size;
    view.body_size = header.body_size;
    view.opaque = this;
}

batch_ref& batch_ref::operator=(batch_ref&& other) noexcept {
    if (this != &other) {
        let_go(owned_);
        owned_ = std::exchange(other.owned_, nullptr);
    }
    return *this;
}

batch_ref::~batch_ref() { let_go(owned_); }

const sonde_batch& batch_ref::view() const noexcept { return owned_->view; }

void batch_ref::retain(const sonde_batch& batch) noexcept {
    static_cast<received*>(batch.opaque)->owners.fetch_add(1, std::memory_order_relaxed);
}

void batch_ref::release(const sonde_batch& batch) noexcept { let_go(static_cast<received*>(batch.opaque)); }

}  // namespace sonde::bus
