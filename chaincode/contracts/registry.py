"""The registry chaincode: parties with their licences, products, the consortium's settings by vote."""

from __future__ import annotations

from chaincode.contracts import registry_governance as governance
from chaincode.contracts import registry_parties as parties
from chaincode.contracts import registry_products as products
from chaincode.contracts.contract import Contract, Function
from chaincode.contracts.registry_settings import bootstrap, get_settings

chaincode = Contract(
    "registry",
    {
        "Bootstrap": Function(bootstrap, "governance"),
        "RegisterParty": Function(parties.register_party, "registry"),
        "UpdateParty": Function(parties.update_party, "registry"),
        "SuspendParty": Function(parties.suspend_party, "registry"),
        "ReinstateParty": Function(parties.reinstate_party, "registry"),
        "AddLicence": Function(parties.add_licence, "registry"),
        "SuspendLicence": Function(parties.suspend_licence, "registry"),
        "ReinstateLicence": Function(parties.reinstate_licence, "registry"),
        "RevokeLicence": Function(parties.revoke_licence, "registry"),
        "GetParty": Function(parties.get_party),
        "ListParties": Function(parties.list_parties),
        "RegisterProduct": Function(products.register_product, "registry"),
        "UpdateProduct": Function(products.update_product, "registry"),
        "GetProduct": Function(products.get_product),
        "GetProducts": Function(products.get_products),
        "ListProducts": Function(products.list_products),
        "Propose": Function(governance.propose, "governance"),
        "Vote": Function(governance.vote, "governance"),
        "Enact": Function(governance.enact, "governance"),
        "Withdraw": Function(governance.withdraw, "governance"),
        "GetSettings": Function(get_settings),
        "GetProposal": Function(governance.get_proposal),
        "ListProposals": Function(governance.list_proposals),
    },
)
