"""Release.

Owns: selection, splits, versions, datasheet, revocations.
Promises: only takes both performers kept, with the purpose asked for, and nobody's withdrawal.
Never: publish without re-checking consent under the epoch lock.
"""
