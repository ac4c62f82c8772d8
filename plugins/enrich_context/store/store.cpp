// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/store/store.hpp"

namespace sonde::enrich_context {

class entity_store::state {
public:
    explicit state(store_settings settings) : settings_(std::move(settings)) {}

    [[nodiscard]] const store_settings& settings() const noexcept { return settings_; }

private:
    store_settings settings_;
};

entity_store::entity_store(store_settings settings) : state_(std::make_unique<state>(std::move(settings))) {}
entity_store::~entity_store() = default;
entity_store::entity_store(entity_store&&) noexcept = default;
entity_store& entity_store::operator=(entity_store&&) noexcept = default;

taken entity_store::take(const schema::envelope_view& /*envelope*/, std::chrono::nanoseconds /*now*/) {
    return {.event = true};
}
answer entity_store::find(const subject& /*who*/) { return {.missing = reason::no_source}; }
answer entity_store::find_peer(const remote& /*where*/) { return {.missing = reason::no_source}; }
const told_entity* entity_store::next_change() { return nullptr; }
const told_entity* entity_store::next_of(snapshot_position& /*at*/) { return nullptr; }
void entity_store::tick(std::chrono::nanoseconds /*now*/) {}
store_stats entity_store::stats() const { return {}; }

}  // namespace sonde::enrich_context
