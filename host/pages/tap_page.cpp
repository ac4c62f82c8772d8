// SPDX-License-Identifier: Apache-2.0
// /debug/tap?topic=raw/process/&where=pid=1&count=10&format=json|text|batches&snapshot: live envelopes, one
// per line, or whole batches as in a recording.
#include <charconv>

#include <fmt/format.h>

#include "pages/context.hpp"
#include "pages/tap.hpp"

namespace sonde::pages {

namespace {

result<std::uint64_t> count_of(std::string_view text) {
    std::uint64_t count = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (ec != std::errc{} || end != text.data() + text.size()) {
        return fail(errc::invalid, fmt::format("count={} is not a number", text));
    }
    return count;
}

result<tap_request> read(const api::request& asked) {
    tap_request wanted;
    const std::string_view format = asked.query_value("format", "json");
    if (format != "json" && format != "text" && format != "batches") {
        return fail(errc::invalid, fmt::format("format={} is none of json, text and batches", format));
    }
    wanted.text = format == "text";
    wanted.whole = format == "batches";
    wanted.snapshot = asked.query_flag("snapshot");
    const auto count = count_of(asked.query_value("count", "0"));
    if (!count) {
        return std::unexpected(count.error());
    }
    wanted.count = *count;
    for (std::string& each : asked.query_values("topic")) {
        if (!each.empty()) {
            wanted.topics.push_back(each.ends_with('/') ? std::move(each) : each + '/');
        }
    }
    if (wanted.topics.empty()) {
        wanted.topics.emplace_back();  // everything
    }
    for (const std::string& each : asked.query_values("where")) {
        auto parsed = schema::field_matcher::parse(each);
        if (!parsed) {
            return fail(parsed.error(), "where=" + each);
        }
        wanted.where.push_back(std::move(*parsed));
    }
    if (wanted.whole && !wanted.where.empty()) {
        return fail(errc::invalid, "where= chooses envelopes, and format=batches gives whole batches");
    }
    return wanted;
}

api::response open_tap(const context& of, const api::request& asked) {
    auto wanted = read(asked);
    if (!wanted) {
        return api::failure(wanted.error());
    }
    const char* type = "application/x-ndjson";
    if (wanted->text || wanted->whole) {
        type = wanted->text ? "text/plain; charset=utf-8" : "application/octet-stream";
    }
    auto opened = tap::open(*of.sources.fabric, std::move(*wanted), of.sources.limits.tap);
    if (!opened) {
        return api::failure(opened.error());
    }
    api::response answer;
    answer.content_type = type;
    answer.live = std::move(*opened);
    return answer;
}

}  // namespace

page_list tap_pages(const shared_context& of) {
    return {{"GET",
             "/debug/tap",
             "Live envelopes, one per line; topic=raw/process/ where=KEY=VALUE count=N format=json|text|batches "
             "snapshot=1",
             [of](const api::request& asked) { return open_tap(*of, asked); },
             {"/debug/tap", of->sources.limits.tap.at_once}}};
}

}  // namespace sonde::pages
