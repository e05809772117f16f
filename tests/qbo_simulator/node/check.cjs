// Every method of node-quickbooks, and every one of intuit-oauth, against a running simulator.
"use strict";

const assert = require("node:assert/strict");
const { Readable } = require("node:stream");
const QuickBooks = require("node-quickbooks");
const OAuthClient = require("intuit-oauth");

const { SIMULATOR, REALM, ACCESS_TOKEN, REFRESH_TOKEN, ABROAD_REALM, ABROAD_ACCESS_TOKEN } = process.env;
const CALLBACK = "http://localhost:3000/callback";
QuickBooks.V3_ENDPOINT_BASE_URL = `${SIMULATOR}/v3/company/`;
QuickBooks.TOKEN_URL = `${SIMULATOR}/oauth2/v1/tokens/bearer`;
QuickBooks.REVOKE_URL = `${SIMULATOR}/v2/oauth2/tokens/revoke`;
QuickBooks.USER_INFO_URL = `${SIMULATOR}/v1/openid_connect/userinfo`;

const connect = (realm, token, refresh) =>
  new QuickBooks("demo-client", "demo-secret", token, false, realm, true, false, 75, "2.0", refresh);
const client = connect(REALM, ACCESS_TOKEN, REFRESH_TOKEN);
const called = new Set();

const call = (method, ...parameters) => callOn(client, method, ...parameters);

function callOn(which, method, ...parameters) {
  called.add(method);
  return new Promise((resolve, reject) => {
    which[method](...parameters, (error, found) => {
      if (error) {
        const said = JSON.stringify((error.response && error.response.data) || error.Fault || error.message || error);
        reject(new Error(`${method}: ${said}`));
      } else {
        resolve(found);
      }
    });
  });
}

const results = [];
async function check(title, work) {
  try {
    await work();
    results.push([title, null]);
  } catch (error) {
    results.push([title, error.message]);
  }
}

const ref = (value) => ({ value });
const sale = [{ Amount: 50, DetailType: "SalesItemLineDetail", SalesItemLineDetail: { ItemRef: ref("1") } }];
const expense = [
  { Amount: 20, DetailType: "AccountBasedExpenseLineDetail", AccountBasedExpenseLineDetail: { AccountRef: ref("7") } },
];
const journal = (type, account) => ({
  Amount: 30,
  DetailType: "JournalEntryLineDetail",
  JournalEntryLineDetail: { PostingType: type, AccountRef: ref(account) },
});
const stamp = Date.now().toString().slice(-6);

// Entity: what to create, and which field to change; null where nothing can be changed.
const ENTITIES = {
  Account: [{ Name: `Account ${stamp}`, AccountType: "Bank" }, "Description"],
  Attachable: [{ Note: "A note" }, "Note"],
  Bill: [{ VendorRef: ref("56"), Line: expense }, "PrivateNote"],
  BillPayment: [
    {
      VendorRef: ref("56"),
      PayType: "Check",
      TotalAmt: 10,
      CheckPayment: { BankAccountRef: ref("35") },
      Line: [],
    },
    "PrivateNote",
  ],
  Class: [{ Name: `Class ${stamp}` }, "Name"],
  CreditMemo: [{ CustomerRef: ref("1"), Line: sale }, "PrivateNote"],
  Customer: [{ DisplayName: `Customer ${stamp}` }, "Notes"],
  Department: [{ Name: `Place ${stamp}` }, "Name"],
  Deposit: [
    {
      DepositToAccountRef: ref("35"),
      Line: [{ Amount: 20, DetailType: "DepositLineDetail", DepositLineDetail: { AccountRef: ref("87") } }],
    },
    "PrivateNote",
  ],
  Employee: [{ GivenName: "Ann", FamilyName: `Worker${stamp}` }, "MiddleName"],
  Estimate: [{ CustomerRef: ref("1"), Line: sale }, "PrivateNote"],
  Invoice: [{ CustomerRef: ref("1"), Line: sale }, "PrivateNote"],
  Item: [{ Name: `Item ${stamp}`, Type: "Service", IncomeAccountRef: ref("1") }, "Description"],
  JournalCode: [{ Name: `JC${stamp}`, Type: "Others" }, "Description"],
  JournalEntry: [{ Line: [journal("Debit", "35"), journal("Credit", "36")] }, "PrivateNote"],
  Payment: [{ CustomerRef: ref("1"), TotalAmt: 25 }, "PrivateNote"],
  PaymentMethod: [{ Name: `Method ${stamp}` }, "Name"],
  Purchase: [{ PaymentType: "Cash", AccountRef: ref("35"), Line: expense }, "PrivateNote"],
  PurchaseOrder: [
    {
      VendorRef: ref("56"),
      APAccountRef: ref("33"),
      Line: [
        { Amount: 25, DetailType: "ItemBasedExpenseLineDetail", ItemBasedExpenseLineDetail: { ItemRef: ref("11") } },
      ],
    },
    "PrivateNote",
  ],
  RefundReceipt: [{ CustomerRef: ref("1"), DepositToAccountRef: ref("35"), Line: sale }, "PrivateNote"],
  SalesReceipt: [{ CustomerRef: ref("1"), Line: sale }, "PrivateNote"],
  TaxAgency: [{ DisplayName: `Agency ${stamp}` }, null],
  Term: [{ Name: `Term ${stamp}`, DueDays: 12 }, "Name"],
  TimeActivity: [
    { NameOf: "Employee", EmployeeRef: ref("55"), Hours: 2, Minutes: 30, TxnDate: "2026-10-01" },
    "Description",
  ],
  Transfer: [{ FromAccountRef: ref("35"), ToAccountRef: ref("36"), Amount: 12 }, "PrivateNote"],
  Vendor: [{ DisplayName: `Vendor ${stamp}` }, "CompanyName"],
  VendorCredit: [{ VendorRef: ref("56"), Line: expense }, "PrivateNote"],
};

async function liveThrough(name, body, field) {
  const made = await call(`create${name}`, { ...body });
  assert.ok(made.Id, JSON.stringify(made));
  const read = await call(`get${name}`, made.Id);
  assert.deepEqual(read, made);
  let current = read;
  if (field) {
    current = await call(`update${name}`, { ...read, [field]: `Changed ${stamp}` });
    assert.equal(current[field], `Changed ${stamp}`);
    assert.equal(Number(current.SyncToken), Number(read.SyncToken) + 1);
  }
  const method = `find${client.pluralize(name)}`;
  const found = await call(method, { Id: made.Id });
  assert.equal(found.QueryResponse[name].length, 1);
  const several = await call(method, [{ field: "fetchAll", value: true }, { field: "limit", value: 10 }]);
  assert.ok(several.QueryResponse[name].length >= 1);
  const count = await call(method, { count: true });
  assert.equal(count.QueryResponse.totalCount, several.QueryResponse[name].length);
  if (client[`delete${name}`]) {
    const gone = await call(`delete${name}`, current);
    assert.equal(gone[name].status, "Deleted");
    const byId = await call(`create${name}`, { ...body });
    assert.equal((await call(`delete${name}`, byId.Id))[name].Id, byId.Id);
    await assert.rejects(call(`get${name}`, made.Id), /610/);
  }
}

async function documents() {
  const invoice = await call("createInvoice", { CustomerRef: ref("1"), Line: sale });
  assert.equal((await call("getInvoicePdf", invoice.Id)).subarray(0, 5).toString(), "%PDF-");
  assert.equal((await call("sendInvoicePdf", invoice.Id, "a@example.com")).EmailStatus, "EmailSent");
  for (const name of ["Estimate", "CreditMemo", "SalesReceipt"]) {
    const made = await call(`create${name}`, { CustomerRef: ref("1"), Line: sale });
    assert.equal((await call(`get${name}Pdf`, made.Id)).subarray(0, 5).toString(), "%PDF-");
    assert.equal((await call(`send${name}Pdf`, made.Id, "a@example.com")).EmailStatus, "EmailSent");
  }
  const order = await call("createPurchaseOrder", { ...ENTITIES.PurchaseOrder[0] });
  await call("sendPurchaseOrder", order.Id, "a@example.com");
  const paid = await call("createPayment", {
    CustomerRef: ref("1"),
    TotalAmt: 50,
    Line: [{ Amount: 50, LinkedTxn: [{ TxnId: invoice.Id, TxnType: "Invoice" }] }],
  });
  assert.equal((await call("getInvoice", invoice.Id)).Balance, 0);
  assert.equal((await call("voidPayment", { Id: paid.Id, SyncToken: paid.SyncToken })).TotalAmt, 0);
  const open = await call("getInvoice", invoice.Id);
  assert.equal(open.Balance, 50);
  const voided = await call("voidInvoice", open);
  assert.equal(voided.Invoice.TotalAmt, 0);
}

async function singles() {
  const info = await call("getCompanyInfo", REALM);
  const changed = await call("updateCompanyInfo", { ...info, LegalName: "Another" });
  assert.equal(changed.LegalName, "Another");
  const preferences = await call("getPreferences");
  await call("updatePreferences", preferences);
  for (const method of ["findCompanyInfos", "findPreferenceses", "findBudgets", "findCustomerTypes"]) {
    assert.equal(typeof (await call(method)).QueryResponse, "object");
  }
  for (const [name, method] of [["TaxCode", "findTaxCodes"], ["TaxRate", "findTaxRates"]]) {
    const found = await call(method);
    assert.deepEqual(await call(`get${name}`, found.QueryResponse[name][0].Id), found.QueryResponse[name][0]);
  }
  for (const method of ["findCompanyCurrencies", "findExchangeRates"]) {
    assert.equal(typeof (await call(method)).QueryResponse, "object");
  }
  const made = await call("createTaxService", {
    TaxCode: `Code ${stamp}`,
    TaxRateDetails: [{ TaxRateName: `Rate ${stamp}`, RateValue: "5", TaxAgencyId: "1", TaxApplicableOn: "Sales" }],
  });
  assert.equal(made.TaxCode, `Code ${stamp}`);
}

async function files() {
  const invoice = await call("createInvoice", { CustomerRef: ref("1"), Line: sale });
  const linked = await call("upload", "a.txt", "text/plain", Readable.from(["content"]), "Invoice", invoice.Id);
  assert.equal(linked.AttachableRef[0].EntityRef.value, invoice.Id);
  const alone = await call("upload", "b.txt", "text/plain", Readable.from(["content"]));
  assert.equal(alone.FileName, "b.txt");
  const found = await call("findAttachables", [
    { field: "AttachableRef.EntityRef.Type", value: "Invoice" },
    { field: "AttachableRef.EntityRef.value", value: invoice.Id },
  ]);
  assert.deepEqual(found.QueryResponse.Attachable.map((each) => each.Id), [linked.Id]);
}

async function together() {
  const since = new Date(Date.now() - 60000);
  const items = [
    { bId: "1", operation: "create", Customer: { DisplayName: `Batch ${stamp}` } },
    { bId: "2", operation: "create", Customer: { DisplayName: "Cool Cars" } },
    { bId: "3", Query: "select * from Term" },
  ];
  const answer = (await call("batch", items)).BatchItemResponse;
  assert.equal(answer[0].Customer.DisplayName, `Batch ${stamp}`);
  assert.equal(answer[1].Fault.Error[0].code, "6240");
  assert.ok(answer[2].QueryResponse.Term.length > 1);
  const notes = Array.from({ length: 25 }, (_, place) => ({ Attachable: { Note: `n ${place}`, Tag: stamp } }));
  assert.equal((await call("batch", notes)).BatchItemResponse.length, 25);
  assert.equal((await call("findAttachables", { Tag: stamp })).QueryResponse.Attachable.length, 25);
  const changes = await call("changeDataCapture", ["Customer", "Attachable"], since);
  const names = changes.CDCResponse[0].QueryResponse[0].Customer.map((each) => each.DisplayName);
  assert.ok(names.includes(`Batch ${stamp}`));
}

async function questions() {
  const quoted = await call("findCustomers", { DisplayName: "Amy's Bird Sanctuary" });
  assert.equal(quoted.QueryResponse.Customer[0].Id, "1");
  const like = await call("findCustomers", [{ field: "DisplayName", value: "C%", operator: "LIKE" }, { asc: "DisplayName" }]);
  assert.equal(like.QueryResponse.Customer[0].DisplayName, "Cool Cars");
  const among = await call("findCustomers", { Id: ["1", "2"], desc: "DisplayName" });
  assert.deepEqual(among.QueryResponse.Customer.map((each) => each.Id), ["2", "1"]);
  const all = await call("findCustomers", { fetchAll: true, limit: 7 });
  assert.equal(all.QueryResponse.Customer.length, (await call("findCustomers", { count: true })).QueryResponse.totalCount);
  await assert.rejects(call("findCustomers", { Nonsense: "1" }), /4001/);
  assert.equal((await call("findCustomers", { Id: "99999" })).QueryResponse.Customer, undefined);
  const twice = { DisplayName: `Once ${stamp}`, requestId: `once-${stamp}` };
  const first = await call("createCustomer", { ...twice });
  assert.equal((await call("createCustomer", { ...twice })).Id, first.Id);
  const number = { CustomerRef: ref("1"), Line: sale, DocNumber: `D${stamp}` };
  await call("createInvoice", { ...number });
  await call("createInvoice", { ...number, allowDuplicateDocNum: true });
}

async function signIn() {
  const options = { clientId: "demo-client", clientSecret: "demo-secret", environment: "sandbox", redirectUri: CALLBACK };
  const oauth = new OAuthClient({ ...options, includeRefreshTokenHardExpiresIn: true });
  OAuthClient.jwks_uri = `${SIMULATOR}/op/v1/jwks`;
  OAuthClient.environment.sandbox = `${SIMULATOR}/`;
  oauth.setAuthorizeURLs({
    authorizeEndpoint: `${SIMULATOR}/connect/oauth2`,
    tokenEndpoint: `${SIMULATOR}/oauth2/v1/tokens/bearer`,
    revokeEndpoint: `${SIMULATOR}/v2/oauth2/tokens/revoke`,
    userInfoEndpoint: `${SIMULATOR}/v1/openid_connect/userinfo`,
  });
  const scope = [OAuthClient.scopes.Accounting, OAuthClient.scopes.OpenId, OAuthClient.scopes.Email];
  const address = oauth.authorizeUri({ scope, state: "state-1" });
  const form = new URLSearchParams(new URL(address).search);
  form.set("realmId", REALM);
  form.set("decision", "connect");
  const consent = await fetch(`${SIMULATOR}/connect/oauth2`, { method: "POST", body: form, redirect: "manual" });
  const back = consent.headers.get("location");
  const tokens = (await oauth.createToken(back)).json;
  assert.equal(oauth.token.realmId, REALM);
  assert.ok(tokens.x_refresh_token_hard_expires_in > 0);
  assert.equal((await oauth.getUserInfo()).json.emailVerified, true);
  assert.ok(await oauth.validateIdToken());
  await oauth.refresh();
  await oauth.refreshUsingToken(oauth.getToken().refresh_token);
  const read = await oauth.makeApiCall({ url: `v3/company/${REALM}/companyinfo/${REALM}` });
  assert.ok(read.json.CompanyInfo.CompanyName);
  await assert.rejects(oauth.makeApiCall({ url: `v3/company/${REALM}/customer/99999` }), /Object Not Found/);
  await assert.rejects(oauth.createToken(back));
  await oauth.revoke();
  await assert.rejects(oauth.refreshUsingToken(tokens.refresh_token));
}

async function currencies() {
  const abroad = connect(ABROAD_REALM, ABROAD_ACCESS_TOKEN, null);
  const known = (await callOn(abroad, "findCompanyCurrencies")).QueryResponse.CompanyCurrency;
  assert.deepEqual(await callOn(abroad, "getCompanyCurrency", known[0].Id), known[0]);
  const rate = (await callOn(abroad, "getExchangeRate", { sourcecurrencycode: "EUR" })).ExchangeRate;
  assert.equal(rate.SourceCurrencyCode, "EUR");
  const changed = await callOn(abroad, "updateExchangeRate", { ...rate, Rate: 1.77 });
  assert.equal((changed.ExchangeRate || changed).Rate, 1.77);
}

async function endings() {
  assert.equal((await call("getUserInfo")).emailVerified, true);
  const fresh = await call("refreshAccessToken");
  assert.equal(client.token, fresh.access_token);
  await call("revokeAccess", true);
}

async function main() {
  for (const [name, [body, field]] of Object.entries(ENTITIES)) {
    await check(name, () => liveThrough(name, body, field));
  }
  await check("documents: PDF, send, void", documents);
  await check("company, preferences, taxes, currencies", singles);
  await check("files", files);
  await check("batch and changes", together);
  await check("queries, repeats", questions);
  for (const method of Object.keys(QuickBooks.prototype).filter((each) => each.startsWith("report"))) {
    await check(method, async () => {
      const report = await call(method, { start_date: "2026-01-01", end_date: "2026-12-31" });
      assert.deepEqual(Object.keys(report), ["Header", "Columns", "Rows"]);
    });
  }
  await check("currencies", currencies);
  await check("intuit-oauth", signIn);
  await check("refresh and revoke", endings);
  const left = Object.keys(QuickBooks.prototype).filter((each) => !called.has(each));
  for (const [title, problem] of results) {
    console.log(`${problem ? "FAILED" : "ok    "} ${title}${problem ? `: ${problem}` : ""}`);
  }
  const failed = results.filter(([, problem]) => problem);
  console.log(`${results.length - failed.length} of ${results.length}; methods not called: ${left.join(" ")}`);
  process.exitCode = failed.length ? 1 : 0;
}

main();
