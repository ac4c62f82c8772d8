// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/pipeline/context_bytes.hpp"

#include <gtest/gtest.h>

#include "fixture.hpp"

namespace sonde::enrich_context::testing {
namespace {

v1::Context parsed(std::span<const std::uint8_t> from) {
    v1::Context context;
    EXPECT_TRUE(context.ParseFromArray(from.data(), static_cast<int>(from.size())));
    return context;
}

v1::ServiceContext& add_service(v1::Context& to, const std::string& name) {
    auto& made = *to.add_services();
    made.set_namespace_("ns");
    made.set_name(name);
    return made;
}

void add_missing(v1::Context& to, v1::Context_Missing_Section section, v1::Context_Missing_Reason reason) {
    to.add_missing()->set_section(section);
    to.mutable_missing(to.missing_size() - 1)->set_reason(reason);
}

TEST(ContextBytes, the_service_that_was_dialled_comes_first_and_once) {
    v1::Context vip;
    add_service(vip, "dialled");
    v1::Context backend;
    backend.mutable_pod()->set_name("backend");
    add_service(backend, "another");
    add_service(backend, "dialled");
    std::vector<std::uint8_t> services;
    const std::string first = vip.SerializeAsString();
    pipeline::copy_services(bytes_of(first), services);
    std::vector<std::uint8_t> joined;
    const std::string text = backend.SerializeAsString();
    pipeline::put_services_first(services, bytes_of(text), joined);
    const auto context = parsed(joined);
    EXPECT_EQ(context.pod().name(), "backend");
    ASSERT_EQ(context.services_size(), 2);
    EXPECT_EQ(context.services(0).name(), "dialled");
    EXPECT_EQ(context.services(1).name(), "another");
}

TEST(ContextBytes, why_the_dialled_service_is_missing_counts) {
    v1::Context vip;
    add_missing(vip, v1::Context_Missing_Section_SECTION_SERVICE, v1::Context_Missing_Reason_REASON_NOT_SYNCED);
    add_missing(vip, v1::Context_Missing_Section_SECTION_POD, v1::Context_Missing_Reason_REASON_NOT_FOUND);
    v1::Context backend;
    add_missing(backend, v1::Context_Missing_Section_SECTION_SERVICE, v1::Context_Missing_Reason_REASON_NOT_APPLICABLE);
    std::vector<std::uint8_t> services;
    const std::string first = vip.SerializeAsString();
    pipeline::copy_services(bytes_of(first), services);
    std::vector<std::uint8_t> joined;
    const std::string second = backend.SerializeAsString();
    pipeline::put_services_first(services, bytes_of(second), joined);
    const auto context = parsed(joined);
    ASSERT_EQ(context.missing_size(), 1);
    EXPECT_EQ(context.missing(0).reason(), v1::Context_Missing_Reason_REASON_NOT_SYNCED);
}

TEST(ContextBytes, only_what_time_could_bring_times_out) {
    v1::Context context;
    context.mutable_host()->set_id("h");
    for (int reason = 1; reason <= 6; ++reason) {
        add_missing(context, v1::Context_Missing_Section_SECTION_POD, static_cast<v1::Context_Missing_Reason>(reason));
    }
    const std::string text = context.SerializeAsString();
    std::vector<std::uint8_t> room(text.size() + 10);  // it does not grow; a writer keeps ten bytes free
    wire::writer out(room);
    pipeline::write_timed_out(out, bytes_of(text));
    ASSERT_FALSE(out.overflowed());
    const auto written = parsed(std::span(room).first(out.size()));
    EXPECT_EQ(written.host().id(), "h");
    ASSERT_EQ(written.missing_size(), 6);
    using v1::Context_Missing_Reason_REASON_TIMED_OUT;
    const v1::Context_Missing_Reason wanted[] = {
        v1::Context_Missing_Reason_REASON_NOT_APPLICABLE, Context_Missing_Reason_REASON_TIMED_OUT,
        Context_Missing_Reason_REASON_TIMED_OUT,          v1::Context_Missing_Reason_REASON_EVICTED,
        v1::Context_Missing_Reason_REASON_AMBIGUOUS,      v1::Context_Missing_Reason_REASON_NO_SOURCE};
    for (int i = 0; i < 6; ++i) {
        EXPECT_EQ(written.missing(i).reason(), wanted[i]);
    }
}

TEST(ContextBytes, finds_what_goes_into_the_envelope) {
    v1::Context context;
    context.mutable_container()->set_id("c1");
    context.mutable_container()->set_started_time_unix_nano(5);
    context.mutable_pod()->set_uid("u");
    context.mutable_pod()->set_name("n");
    context.mutable_pod()->set_namespace_("s");
    const std::string text = context.SerializeAsString();
    const auto facts = pipeline::read_facts(bytes_of(text));
    EXPECT_EQ(facts.container_id, "c1");
    EXPECT_EQ(facts.container_started, 5u);
    EXPECT_EQ(facts.pod_uid, "u");
    EXPECT_EQ(facts.pod_name, "n");
    EXPECT_EQ(facts.pod_namespace, "s");
}

}  // namespace
}  // namespace sonde::enrich_context::testing
