"""Who sees forms and what strangers sent, and what a form refuses to be."""

from __future__ import annotations

from uuid import UUID


def test_agents_do_not_see_what_strangers_sent(house, tenant, make_form):
    make_form()
    assert house.api("agent", tenant).get("/crm/submission").status_code == 403
    assert house.api("agent", tenant).get("/crm/capture_form").status_code == 403
    assert house.api("manager", tenant).patch("/crm/capture_form/" + str(UUID(int=1)), {}).status_code in (403, 404)


def test_a_form_says_where_it_is_found(house, tenant, make_form):
    key, form_id = make_form()
    told = house.api("manager", tenant).post(f"/crm/capture_form/{form_id}/actions/look").json["message"]
    assert f"/t/{tenant.slug}/crm/public/form/{key}" in told
    assert house.api("viewer", tenant).get(f"/crm/capture_form/{form_id}").status_code == 403


def test_the_usual_fields_are_one_click(house, tenant, visitor):
    api = house.api("owner", tenant)
    form = api.post("/crm/capture_form", {"name": "Short"}).json
    for _click in range(2):
        assert api.post(f"/crm/capture_form/{form['id']}/actions/usual").status_code == 200
    assert [one["name"] for one in visitor.ask(form["key"]).json["fields"]] == ["name", "email", "phone", "message"]


def test_forms_refuse_what_cannot_work(house, tenant):
    api = house.api("owner", tenant)
    made = api.post("/crm/capture_form", {"name": "x", "redirect_url": "http://x.example/thanks"})
    assert made.json["redirect_url"] == "https://x.example/thanks"
    refused = api.post("/crm/capture_form", {"name": "x", "allowed_origins": "nonsense here"})
    assert set(refused.json["errors"]) == {"allowed_origins"}
    made = api.post("/crm/capture_form", {"name": "x", "allowed_origins": "https://A.example/"})
    assert (made.status_code, made.json["allowed_origins"]) == (201, "https://a.example")
    body = {"form": made.json["id"], "label": "Own", "kind": "text", "target": "lead.custom", "custom_key": "none"}
    assert set(api.post("/crm/capture_field", body).json["errors"]) == {"custom_key"}
