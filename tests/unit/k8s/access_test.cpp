// SPDX-License-Identifier: Apache-2.0
// Where the API server is: service account, kubeconfig, options, and what is refused.
#include "k8s/access.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "k8s/yaml.hpp"

namespace sonde::k8s {
namespace {

environment variables(std::map<std::string, std::string> values) {
    return [values = std::move(values)](const char* name) {
        const auto found = values.find(name);
        return found == values.end() ? std::string{} : found->second;
    };
}

std::string kubeconfig(std::string_view user, std::string_view cluster = "certificate-authority: ca.pem") {
    std::string text = R"(apiVersion: v1
kind: Config
current-context: main
clusters:
- name: here
  cluster:
    server: https://192.0.2.1:6443/
    )";
    text.append(cluster).append(R"(
contexts:
- name: main
  context: {cluster: here, user: agent}
- name: lost
  context: {cluster: nowhere, user: agent}
users:
- name: agent
  user:
    )");
    return text.append(user).append("\n");
}

class Files : public ::testing::Test {
protected:
    Files() {
        std::string name = std::filesystem::temp_directory_path() / "sonde-access-XXXXXX";
        dir_ = ::mkdtemp(name.data());
    }
    ~Files() override { std::filesystem::remove_all(dir_); }
    std::string write(const std::string& name, std::string_view text) {
        std::ofstream(dir_ / name) << text;
        return dir_ / name;
    }
    std::filesystem::path dir_;
};

TEST_F(Files, a_pod_uses_its_service_account) {
    access_settings settings;
    settings.service_account = dir_;
    const auto pod = variables({{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "443"}});
    const auto without = find_access(settings, pod);
    ASSERT_FALSE(without);
    EXPECT_NE(without.error().message().find("automountServiceAccountToken"), std::string::npos);
    write("token", "t");
    write("ca.crt", "c");
    const auto found = find_access(settings, pod);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->server, "https://[fd00::1]:443");
    EXPECT_EQ(found->token_file, dir_ / "token");
    EXPECT_EQ(found->client.tls.ca_file, dir_ / "ca.crt");
    EXPECT_TRUE(found->client.tls.verifies_peer);
}

TEST_F(Files, options_win_and_a_proxy_is_taken_over) {
    access_settings settings;
    settings.server = "https://api.example:6443/";
    settings.token_file = "/t";
    settings.proxy = "socks5h://127.0.0.1:1080";
    const auto found = find_access(settings, variables({{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}}));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->server, "https://api.example:6443");
    EXPECT_EQ(found->client.proxy, "socks5h://127.0.0.1:1080");
    settings.server = "api.example:6443";
    EXPECT_FALSE(find_access(settings, variables({})));
}

TEST_F(Files, nowhere_to_go_says_what_to_set) {
    const auto found = find_access({}, variables({}));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, errc::unsupported);
    EXPECT_NE(found.error().text.find("kubeconfig"), std::string::npos);
}

TEST_F(Files, a_kubeconfig_is_read_from_its_file_with_paths_beside_it) {
    const std::string path = write("config", kubeconfig("tokenFile: tokens/agent"));
    for (const bool by_option : {true, false}) {
        access_settings settings;
        settings.kubeconfig = by_option ? path : "";
        const auto found = find_access(settings, variables({{"KUBECONFIG", path + ":/other"}}));
        ASSERT_TRUE(found) << found.error().message();
        EXPECT_EQ(found->server, "https://192.0.2.1:6443");
        EXPECT_EQ(found->token_file, dir_ / "tokens/agent");
        EXPECT_EQ(found->client.tls.ca_file, dir_ / "ca.pem");
        EXPECT_EQ(found->origin, "kubeconfig " + path);
    }
    access_settings missing;
    missing.kubeconfig = dir_ / "none";
    EXPECT_FALSE(find_access(missing, variables({})));
}

TEST(Kubeconfig, takes_certificates_from_within) {
    const auto found =
        read_kubeconfig(kubeconfig("{client-certificate-data: Y2VydA==, client-key-data: a2V5, token: abc}",
                                   "certificate-authority-data: Y2E="),
                        "", "/etc");
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->client.tls.ca_pem, "ca");
    EXPECT_EQ(found->client.tls.certificate_pem, "cert");
    EXPECT_EQ(found->client.tls.key_pem, "key");
    EXPECT_EQ(found->token, "abc");
    EXPECT_FALSE(read_kubeconfig(kubeconfig("{client-key-data: '***'}"), "", ""));
}

TEST(Kubeconfig, connects_to_the_address_under_the_name_of_the_certificate) {
    const auto found = read_kubeconfig(kubeconfig("{token: abc}", "tls-server-name: kube.example"), "", "");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->server, "https://kube.example:6443");
    EXPECT_EQ(found->client.connect_to, "192.0.2.1:6443");
}

TEST(Kubeconfig, refuses_by_name_what_it_does_not_do) {
    for (const char* user : {"exec: {command: aws}", "auth-provider: {name: gcp}", "username: me", "as: someone"}) {
        const auto found = read_kubeconfig(kubeconfig(user), "", "");
        ASSERT_FALSE(found) << user;
        const std::string key(user, std::string_view(user).find(':'));
        EXPECT_NE(found.error().text.find("'" + key + "'"), std::string::npos) << found.error().text;
    }
    EXPECT_FALSE(read_kubeconfig(kubeconfig("token: a", "insecure-skip-tls-verify: true"), "", ""));
    EXPECT_FALSE(read_kubeconfig(kubeconfig("token: a"), "lost", ""));
    EXPECT_FALSE(read_kubeconfig(kubeconfig("token: a"), "none", ""));
    EXPECT_FALSE(read_kubeconfig("kind: Config", "", ""));
}

TEST(Yaml, reads_the_forms_that_files_use_and_refuses_the_rest) {
    const auto root = parse_yaml("a: {b: [1, 'two', \"th\\nree\"]}\nc:\n- name: x\n  d: |\n    line\n");
    ASSERT_TRUE(root);
    EXPECT_EQ((*root)["a"]["b"].items.at(2).text, "th\nree");
    EXPECT_EQ((*root)["c"].named("x")["d"].text, "line\n");
    EXPECT_FALSE((*root)["c"].named("y").is_there());
    EXPECT_FALSE(parse_yaml("").value().is_there());
    for (const char* wrong : {"a: [", "a: &x 1\nb: *x", "? [1]\n: 2", "\t- a"}) {
        EXPECT_FALSE(parse_yaml(wrong)) << wrong;
    }
    EXPECT_FALSE(parse_yaml(std::string(1000, '['))) << "nested too deeply";
}

}  // namespace
}  // namespace sonde::k8s
