// SPDX-License-Identifier: Apache-2.0
#include "k8s/pages.hpp"

#include "common/json_text.hpp"

namespace sonde::k8s {
namespace {

// Members of an object, one after the other.
class members {
public:
    explicit members(std::string& out) : out_(&out) { out_->push_back('{'); }
    members(const members&) = delete;
    members& operator=(const members&) = delete;
    ~members() { out_->push_back('}'); }

    members& text(std::string_view key, std::string_view value) {
        name(key);
        common::append_json_string(*out_, value);
        return *this;
    }
    members& number(std::string_view key, std::uint64_t value) {
        name(key);
        out_->append(std::to_string(value));
        return *this;
    }
    members& flag(std::string_view key, bool value) {
        name(key);
        out_->append(value ? "true" : "false");
        return *this;
    }
    void trouble(const std::optional<problem>& of) {
        if (of) {
            text("reason", of->reason).text("text", of->text);
        }
    }
    std::string& name(std::string_view key) {
        if (!is_first_) {
            out_->push_back(',');
        }
        is_first_ = false;
        common::append_json_string(*out_, key);
        out_->push_back(':');
        return *out_;
    }

private:
    std::string* out_;
    bool is_first_ = true;
};

template <class Items, class Write>
void array(std::string& out, const Items& items, Write&& write) {
    out.push_back('[');
    bool is_first = true;
    for (const auto& item : items) {
        if (!is_first) {
            out.push_back(',');
        }
        is_first = false;
        write(item);
    }
    out.push_back(']');
}

void write_row(std::string& out, const watch_row& row) {
    members to(out);
    to.text("kind", row.resource).text("namespace", row.in_namespace).text("phase", name(row.status.phase));
    to.flag("synced", row.is_synced).text("version", row.status.version);
    to.text("resource_version", row.status.resource_version).number("objects", row.objects).number("bytes", row.bytes);
    to.number("lists", row.status.lists).number("watches", row.status.watches).number("stalls", row.status.stalls);
    to.number("watch_age_ms", static_cast<std::uint64_t>(row.age.count() / 1'000'000));
    to.text("last_relist", row.status.last_relist).number("duplicates", row.counts.duplicates);
    to.number("ignored", row.counts.ignored).number("expired", row.counts.expired);
    to.number("unremembered", row.counts.unremembered);
    to.trouble(row.status.trouble);
}

}  // namespace

std::optional<problem> first_problem(const state_page& page) {
    if (page.trouble) {
        return page.trouble;
    }
    std::optional<problem> first;
    std::size_t troubled = 0;
    for (const watch_row& row : page.watches) {
        if (!row.status.trouble) {
            continue;
        }
        ++troubled;
        if (!first) {
            first = problem{row.status.trouble->reason, row.resource + ": " + row.status.trouble->text};
        }
    }
    if (first && troubled > 1) {
        first->text += "; likewise " + std::to_string(troubled - 1) + " more of " +
                       std::to_string(page.watches.size()) + " watches, see the endpoint kinds";
    }
    return first;
}

std::string check_json(const state_page& page) {
    std::string out;
    {
        const auto trouble = first_problem(page);
        bool is_synced = !page.watches.empty();
        for (const watch_row& row : page.watches) {
            is_synced = is_synced && row.is_synced;
        }
        members to(out);
        to.flag("ok", !trouble && is_synced).flag("synced", is_synced).text("server", page.server);
        to.text("access", page.origin).text("cluster_uid", page.cluster_uid).text("node", page.node_name);
        to.number("lost", page.lost).trouble(trouble);
        array(to.name("watches"), page.watches, [&](const watch_row& row) {
            members each(out);
            each.text("kind", row.resource).text("namespace", row.in_namespace);
            each.flag("ok", row.is_synced && !row.status.trouble).trouble(row.status.trouble);
        });
    }
    return out;
}

std::string kinds_json(const state_page& page) {
    std::string out;
    {
        members to(out);
        array(to.name("kinds"), page.watches, [&](const watch_row& row) { write_row(out, row); });
    }
    return out;
}

std::string objects_json(std::string_view resource, std::span<const object_row> objects) {
    std::string out;
    {
        members to(out);
        to.text("kind", resource).number("count", objects.size());
        array(to.name("objects"), objects, [&](const object_row& row) {
            members each(out);
            each.text("object", row.key).text("resource_version", row.resource_version);
        });
    }
    return out;
}

}  // namespace sonde::k8s
