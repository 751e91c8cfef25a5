"""Hooks that contribute the parts a lead meets on its way."""

from collections.abc import Sequence
from typing import Any

from leadexec.contracts.automation import AutomationStrategy
from leadexec.contracts.delivery import DeliveryMethod
from leadexec.contracts.eligibility import EligibilityRule
from leadexec.contracts.field_type import FieldType
from leadexec.contracts.function import Function
from leadexec.contracts.grading import GradingCheck
from leadexec.contracts.lookup import Lookup
from leadexec.contracts.script import DistributionScript
from leadexec.contracts.validator import Validator
from leadexec.hookspecs.markers import hookspec


class ComponentHooks:
    """Called once at start; what they return is frozen. A clash of keys stops the start."""

    @hookspec
    def register_field_types(self) -> Sequence[type[FieldType[Any]]]:
        """Contribute types of lead fields (``LT4``).

        Returns:
            Subclasses of ``FieldType`` with keys that no other plugin uses.

        If it raises, the start stops (in safe mode the plugin is left out). Since 0.1.
        """
        return ()

    @hookspec
    def register_validators(self) -> Sequence[type[Validator[Any]]]:
        """Contribute checks that a campaign can switch on (``LS8``, ``LT6``).

        Returns:
            Subclasses of ``Validator``.

        If it raises, the start stops (in safe mode the plugin is left out). Since 0.1.
        """
        return ()

    @hookspec
    def register_automation_strategies(self) -> Sequence[type[AutomationStrategy[Any]]]:
        """Contribute orders in which qualified clients are offered a lead (``DI1``–``DI6``).

        Returns:
            Subclasses of ``AutomationStrategy``.

        If it raises, the start stops (in safe mode the plugin is left out). Since 0.1.
        """
        return ()

    @hookspec
    def register_eligibility_rules(self) -> Sequence[type[EligibilityRule[Any]]]:
        """Contribute rules that admit or exclude delivery accounts (``CL2``, ``DI11``).

        Returns:
            Subclasses of ``EligibilityRule``; each is made once, with the settings under
            ``[plugins.<plugin>.rules.<key>]`` of the settings file, and compiled for every
            delivery account.

        If it raises, the start stops (in safe mode the plugin is left out). Since 0.1.
        """
        return ()

    @hookspec
    def register_delivery_methods(self) -> Sequence[type[DeliveryMethod[Any]]]:
        """Contribute ways to hand over a lead (``DM1``–``DM9``).

        Returns:
            Subclasses of ``DeliveryMethod``.

        If it raises, the start stops (in safe mode the plugin is left out). Since 0.1.
        """
        return ()

    @hookspec
    def register_distribution_scripts(self) -> Sequence[type[DistributionScript[Any]]]:
        """Contribute scripts that campaigns can run at five points of distribution (``DI10``).

        Returns:
            Subclasses of ``DistributionScript``.

        If it raises, the start stops (in safe mode the plugin is left out). Since 0.1.
        """
        return ()

    @hookspec
    def register_functions(self) -> Sequence[Function]:
        """Contribute named functions for formulas and "evaluate function" criteria (``DA4``).

        Returns:
            ``Function`` objects.

        If it raises, the start stops (in safe mode the plugin is left out). Since 0.1.
        """
        return ()

    @hookspec
    def register_lookups(self) -> Sequence[type[Lookup[Any, Any, Any]]]:
        """Contribute providers of facts about phones, addresses, places and IPs (``LS10``).

        Returns:
            Subclasses of ``Lookup``; each is made once, with the settings under
            ``[plugins.<plugin>.lookups.<key>]`` of the settings file.

        If it raises, the start stops (in safe mode the plugin is left out). Since 0.1.
        """
        return ()

    @hookspec
    def register_grading_checks(self) -> Sequence[type[GradingCheck[Any]]]:
        """Contribute checks that give a lead points (``GR1``).

        Returns:
            Subclasses of ``GradingCheck``; each is made once, with the settings under
            ``[plugins.<plugin>.grading.<key>]`` of the settings file.

        If it raises, the start stops (in safe mode the plugin is left out). Since 0.1.
        """
        return ()
